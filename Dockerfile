FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json tsconfig.types.json ./
COPY src ./src
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
USER node
# Health is served here in Socket Mode too; over HTTP Slack's requests arrive at the same port.
ENV PORT=3000
EXPOSE 3000
# Runs, not ready: a replica that waits for MongoDB or Slack is not mended by killing it once it serves.
HEALTHCHECK --interval=10s --timeout=4s --start-period=60s CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/livez').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
# The exec form: signals reach the app, which finishes what is in flight before it ends.
ENTRYPOINT ["node", "/app/dist/cli.js"]
CMD ["start"]
