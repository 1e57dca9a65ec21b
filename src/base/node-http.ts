/**
 * What is used of `node:http`. To import that itself takes 50 ms and some megabytes: an ES module's exports are all read,
 * WebSocket among them, for which Node.js loads its client of HTTP (undici).
 */
export const { createServer, request, STATUS_CODES } = process.getBuiltinModule('node:http')
