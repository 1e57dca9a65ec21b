#!/bin/bash
# The guest book's page. GET shows it; POST hands a new entry to the back end and leads back to the page.
: "${GUESTBOOK_TITLE:=Guest book}" "${GUESTBOOK_COLOUR:=#1f5f5b}" "${BACKEND_HOST:=guestbook-backend}" "${BACKEND_PORT:=80}"

# Asks the back end, found by its name in the cluster's DNS: ask METHOD [BODY]. Prints the answer's body.
ask() {
  local line status
  exec 3<>"/dev/tcp/$BACKEND_HOST/$BACKEND_PORT" || return 1
  printf '%s /cgi-bin/entries.cgi HTTP/1.0\r\nHost: %s\r\nX-Guestbook-Password: %s\r\nContent-Length: %d\r\n\r\n%s' \
    "$1" "$BACKEND_HOST" "$GUESTBOOK_PASSWORD" "${#2}" "$2" >&3
  read -r -t 5 _ status _ <&3 || return 1
  while read -r -t 5 line <&3 && [ -n "${line%$'\r'}" ]; do :; done
  cat <&3
  [[ $status == 2* ]]
}

# Lines of `time TAB name TAB message`, URL-encoded, to list items; the newest first.
list_items() {
  local time name message
  tac | sed 's/%0[9AaDd]/+/g; s/+/ /g; s/\\/%5C/g; s/%/\\x/g' | while IFS=$'\t' read -r time name message; do
    printf '%s\t%b\t%b\n' "$time" "$name" "$message"
  done | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g' | while IFS=$'\t' read -r time name message; do
    printf '<li><p>%s</p><footer>%s, <time>%s</time></footer></li>\n' "$message" "$name" "$time"
  done
}

if [ "$REQUEST_METHOD" = POST ]; then
  body=$(head -c "$((CONTENT_LENGTH > 4000 ? 4000 : CONTENT_LENGTH))")
  if ask POST "$body" >/dev/null 2>&1; then
    printf 'Status: 303 See Other\r\nLocation: /\r\nContent-Type: text/plain\r\n\r\nThank you.\n'
  else
    printf 'Status: 502 Bad Gateway\r\nContent-Type: text/plain\r\n\r\nThe entry could not be stored. Please try again.\n'
  fi
  exit
fi

if entries=$(ask GET 2>/dev/null); then
  items=$([ -z "$entries" ] || list_items <<<"$entries")
  book=${items:+<ul>$items</ul>}
  book=${book:-<p>Nobody has written anything yet. Be the first.</p>}
else
  book='<p role="alert">The entries cannot be read at the moment: the back end does not answer.</p>'
fi
printf 'Status: 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n\r\n'
cat <<HTML
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$GUESTBOOK_TITLE</title>
<style>
:root { color-scheme: light dark; --accent: $GUESTBOOK_COLOUR }
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 38rem; margin: 3rem auto; padding: 0 1rem }
h1 { border-bottom: .25rem solid var(--accent) }
label { display: block; margin-top: 1rem; font-weight: 600 }
input, textarea { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem }
button { font: inherit; margin-top: 1rem; padding: .5rem 1.5rem; color: #fff; background: var(--accent); border: 0; border-radius: .3rem }
ul { list-style: none; padding: 0 }
li { border-left: .25rem solid var(--accent); padding-left: 1rem; margin: 1.5rem 0; overflow-wrap: anywhere }
li p { margin: 0 }
footer { font-size: .9rem; opacity: .8 }
</style>
</head>
<body>
<main>
<h1>$GUESTBOOK_TITLE</h1>
<form method="post" action="/cgi-bin/index.cgi">
<label for="name">Your name</label>
<input id="name" name="name" maxlength="60" required autocomplete="name">
<label for="message">Your message</label>
<textarea id="message" name="message" rows="3" maxlength="500" required></textarea>
<button>Sign the book</button>
</form>
<h2>Entries</h2>
$book
</main>
<footer>Served by pod $HOSTNAME.</footer>
</body>
</html>
HTML
