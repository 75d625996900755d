// The same five responses from Express with helmet, express-rate-limit, express-session and
// csrf-csrf.

import { randomBytes } from 'node:crypto'
import cookieParser from 'cookie-parser'
import { doubleCsrf } from 'csrf-csrf'
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import session from 'express-session'
import helmet from 'helmet'

const secret = '4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq'
const rows = Array.from(
  { length: 380 },
  (_, row) => `<tr><td>${row + 1}</td><td>Ada Lovelace</td><td>${999 - row}</td></tr>\n`,
).join('')
const { generateCsrfToken, doubleCsrfProtection } = doubleCsrf({
  getSecret: () => secret,
  getSessionIdentifier: (request) => request.session.id,
  getCsrfTokenFromRequest: (request) => request.body.csrf_token,
})

const app = express()
app.set('trust proxy', 'loopback')
app.use((request, response, next) => {
  response.locals.nonce = randomBytes(16).toString('base64')
  next()
})
app.use(
  helmet({
    contentSecurityPolicy: {
      directives: { scriptSrc: ["'strict-dynamic'", (_, response) => `'nonce-${response.locals.nonce}'`] },
    },
  }),
)
app.use(rateLimit({ windowMs: 60_000, limit: 1_000_000_000, legacyHeaders: false }))
app.use(rateLimit({ windowMs: 3_600_000, limit: 1_000_000_000, legacyHeaders: false }))
app.use(cookieParser())
app.use(session({ secret, resave: false, saveUninitialized: false, cookie: { secure: true, sameSite: 'lax' } }))
app.use(express.urlencoded({ extended: false }))
app.use(doubleCsrfProtection)

app.get('/json', (_, response) => response.json({ status: 'ok', solved: 42 }))
app.get('/page', (_, response) =>
  response.send(
    `<!doctype html><title>Board</title><script nonce="${response.locals.nonce}">document.title = 'Leaderboard'</script><table>${rows}</table>`,
  ),
)
app.get('/me', (request, response) => {
  if (!request.session.user) return response.sendStatus(401)
  response.json({ name: request.session.user })
})
app.post('/login', (request, response) => {
  request.session.user = 'ada'
  response.sendStatus(204)
})
app.get('/form', (request, response) => {
  request.session.seen = true
  const token = generateCsrfToken(request, response)
  response.send(
    `<form method="post"><input type="hidden" name="csrf_token" value="${token}"><input name="text"></form>`,
  )
})
app.post('/form', (request, response) => response.send(`saved ${request.body.text.length} letters`))
app.get('/limited', rateLimit({ windowMs: 3_600_000, limit: 5, legacyHeaders: false }), (_, response) =>
  response.send('not yet'),
)
app.listen(Number(process.argv[2]), '127.0.0.1')
