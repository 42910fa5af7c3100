# The collector with the built dashboard. Runs from source: Node 24 strips the types.
FROM node:24-bookworm-slim AS build
WORKDIR /seamtrace
COPY package.json package-lock.json .npmrc ./
COPY schema/package.json schema/
COPY sdk/package.json sdk/
COPY collector/package.json collector/
COPY dashboard/package.json dashboard/
COPY examples/package.json examples/
RUN npm ci
COPY . .
RUN npm run build --workspace dashboard \
  && npm prune --omit=dev --workspace schema --workspace collector

FROM node:24-bookworm-slim
WORKDIR /seamtrace
ENV NODE_ENV=production NODE_OPTIONS=--conditions=seamtrace-source SEAMTRACE_DATA=/data
COPY --from=build /seamtrace/node_modules node_modules
COPY --from=build /seamtrace/package.json ./
COPY --from=build /seamtrace/schema schema
COPY --from=build /seamtrace/collector collector
COPY --from=build /seamtrace/dashboard/dist dashboard/dist
RUN mkdir /data && chown node /data
USER node
VOLUME /data
EXPOSE 4317 4318 4319
CMD ["node", "collector/src/cli/main.ts", "up"]
