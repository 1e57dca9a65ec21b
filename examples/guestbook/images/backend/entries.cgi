#!/bin/sh
# GET: the stored entries, oldest first, as lines of `time TAB name TAB message`, name and message URL-encoded.
# POST: stores `name=…&message=…`. Both need the password that the front end knows.
file=/data/entries
max_bytes=4000

answer() {
  printf 'Status: %s\r\nContent-Type: text/plain\r\n\r\n' "$1"
}

if [ "$HTTP_X_GUESTBOOK_PASSWORD" != "$GUESTBOOK_PASSWORD" ]; then
  answer '403 Forbidden'
  exit
fi
if [ "$REQUEST_METHOD" != POST ]; then
  answer '200 OK'
  [ ! -e "$file" ] || tail -n 100 "$file"
  exit
fi
if [ "${CONTENT_LENGTH:-0}" -gt "$max_bytes" ]; then
  answer '413 Content Too Large'
  exit
fi
body=$(head -c "${CONTENT_LENGTH:-0}")
case $body in
  *[!A-Za-z0-9%+._*\&=-]* | '') answer '400 Bad Request'; exit ;;
esac
name=$(printf %s "$body" | sed -n 's/^\(.*&\)\{0,1\}name=\([^&]*\).*/\2/p')
message=$(printf %s "$body" | sed -n 's/^\(.*&\)\{0,1\}message=\([^&]*\).*/\2/p')
# One write of one short line: entries that arrive together do not mix.
if printf '%s\t%s\t%s\n' "$(date -u '+%Y-%m-%d %H:%M UTC')" "${name:-someone}" "$message" >>"$file"; then
  answer '201 Created'
else
  answer '507 Insufficient Storage'
fi
