// The direction of imports. Layers, from the bottom up:
//   L0 domain · L1 codecs rules forecast (pure) · L2 ingest watch duty control video predict (application)
//   L3 broker storage notify (adapters) · L4 server (wires everything)
// test/architecture proves that the whole tree is read and that a violation of every rule is caught.

const PURE = 'codecs|rules|forecast';
const APPLICATION = 'ingest|watch|duty|control|video|predict';
const ADAPTER = 'broker|storage|notify';
const EDGE = 'server|sensors-sim|console|grafana|node-red';
const PRODUCT = `domain|${PURE}|${APPLICATION}|${ADAPTER}|${EDGE}`;
const WORKSHOP = 'test|bench|scripts';

const TEST_FILE = '\\.test\\.ts$';
const ZOD = '^node_modules/zod/';
const NPM = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled'];
/** Built-in modules that compute only: no file, no socket, no thread, no clock. */
const COMPUTING = '^(node:)?(assert|buffer|crypto|events|querystring|string_decoder|url|util|zlib)(/|$)';

/** Packages that only their adapter may know; everything else talks to a port. */
const VENDORS = [
  { package: '@photostructure/sqlite', home: '^storage/sqlite/' },
  { package: '@duckdb/node-api', home: '^storage/duckdb/' },
  { package: '@influxdata/influxdb-client', home: '^storage/influx/' },
  { package: 'aedes', home: '^broker/' },
  { package: 'fastify', home: '^server/http/' },
];

/**
 * A folder and the folders it sees beside its own. What is imported from test/ is judged by the rules for tests.
 *
 * @param {string} name
 * @param {{ from: string, sees: readonly string[], comment: string }} rule
 */
function folder(name, { from, sees, comment }) {
  return {
    name,
    severity: 'error',
    comment,
    from: { path: `^(${from})/` },
    to: { dependencyTypes: ['local'], pathNot: ['^$1/', '^test/', ...sees] },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    folder('domain-stands-alone', {
      from: 'domain',
      sees: [],
      comment: 'The domain knows nothing of the rest of the system: move the code down or pass a value in.',
    }),
    folder('pure-sees-domain', {
      from: PURE,
      sees: ['^domain/'],
      comment: 'Codecs, rules and forecasts are functions of the domain and do not know each other.',
    }),
    folder('application-sees-ports', {
      from: APPLICATION,
      sees: ['^domain/', `^(${PURE})/`],
      comment:
        'Application folders see ports of the domain, never adapters and never each other; server connects.',
    }),
    folder('adapter-knows-itself', {
      from: ADAPTER,
      sees: ['^domain/'],
      comment: 'An adapter implements a port of the domain and knows nothing else; server connects.',
    }),
    {
      name: 'store-knows-itself',
      severity: 'error',
      comment: 'One storage adapter does not know another; what they share about threads is storage/thread.',
      from: { path: '^storage/([^/]+)/' },
      to: { path: '^storage/', pathNot: ['^storage/$1/', '^storage/thread/'] },
    },
    folder('simulator-encodes', {
      from: 'sensors-sim',
      sees: ['^domain/', '^codecs/'],
      comment: 'The simulator is an outside device: it shares the domain and the codecs, and speaks MQTT.',
    }),
    folder('view-sees-domain', {
      from: 'console|grafana|node-red',
      sees: ['^domain/'],
      comment: 'Views share types and constants of the domain and speak HTTP and MQTT.',
    }),
    {
      name: 'page-bundles-two-packages',
      severity: 'error',
      comment: 'The page is Preact and uPlot: every further package costs each desk its first load.',
      from: { path: '^console/', pathNot: [TEST_FILE, '\\.config\\.ts$'] },
      to: { dependencyTypes: ['core', ...NPM], pathNot: '^node_modules/(preact|uplot)/' },
    },
    {
      name: 'only-server-wires',
      severity: 'error',
      comment: 'Nothing in the product imports server: take what you need as an argument.',
      from: { pathNot: `^(server|${WORKSHOP})/` },
      to: { path: '^server/' },
    },
    {
      name: 'pure-imports-zod-only',
      severity: 'error',
      comment: 'L0 and L1 use no node:* module and no package but zod: what they need is an argument.',
      from: { path: `^(domain|${PURE})/`, pathNot: TEST_FILE },
      to: { dependencyTypes: ['core', ...NPM], pathNot: ZOD },
    },
    {
      name: 'application-does-no-io',
      severity: 'error',
      comment:
        'Application folders reach files, sockets, threads and clocks through ports; hashing and the like is free.',
      from: { path: `^(${APPLICATION})/`, pathNot: TEST_FILE },
      to: { dependencyTypes: ['core', ...NPM], pathNot: [ZOD, COMPUTING] },
    },
    ...VENDORS.map(vendor => ({
      name: `vendor-in-its-adapter: ${vendor.package}`,
      severity: 'error',
      comment: 'A database or broker library is known to its adapter alone: use the port.',
      from: { path: `^(${PRODUCT})/`, pathNot: [vendor.home, TEST_FILE] },
      to: { path: `^(node_modules/)?${vendor.package}(/|$)` },
    })),
    {
      name: 'only-tests-import-test',
      severity: 'error',
      comment: 'Product code, benchmarks and scripts do not depend on the test folder.',
      from: { pathNot: ['^test/', TEST_FILE] },
      to: { path: '^test/' },
    },
    {
      name: 'unit-tests-use-the-harness',
      severity: 'error',
      comment:
        'A test beside the code takes test/harness and test/fixtures; a test of several folders belongs to test/.',
      from: { path: TEST_FILE, pathNot: '^test/' },
      to: { path: '^test/', pathNot: '^test/(harness|fixtures)/' },
    },
    {
      name: 'workshop-is-not-product',
      severity: 'error',
      comment: 'Benchmarks and scripts are started by hand; nothing in the product imports them.',
      from: { pathNot: `^(${WORKSHOP})/` },
      to: { path: '^(bench|scripts)/' },
    },
    {
      name: 'folder-has-a-layer',
      severity: 'error',
      comment: 'Every folder with code has its place in the layers: add it to .dependency-cruiser.mjs.',
      from: { path: '/', pathNot: `^(${PRODUCT}|${WORKSHOP})/` },
      to: {},
    },
    {
      name: 'file-names-its-concept',
      severity: 'error',
      comment: 'No utils, helpers, common, misc or types: name the file after its main export.',
      from: {},
      to: { dependencyTypes: ['local'], path: '(^|/)(utils?|helpers?|common|misc|types?)[./]' },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'No import cycle, type imports included: move what both need into a third file.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      severity: 'error',
      comment: 'This file imports nothing and nothing imports it.',
      from: { orphan: true, pathNot: ['^[^/]+$', '\\.(test|d)\\.ts$', '\\.mjs$'] },
      to: {},
    },
    {
      name: 'import-resolves',
      severity: 'error',
      comment: 'An import that the checker cannot resolve is an import that it cannot judge.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'package-is-declared',
      severity: 'error',
      comment: 'Packages stand in package.json themselves, not by way of another package.',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'product-needs-no-dev-package',
      severity: 'error',
      comment: 'What the product imports at run time is a dependency, not a devDependency.',
      // What the page imports is bundled when it is built.
      from: { path: `^(${PRODUCT})/`, pathNot: [TEST_FILE, '^console/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: '^node_modules/' },
    // Scripts and kill tests start compiled code; the build repeats the sources, which are judged already.
    exclude: { path: '^(dist|data|coverage)/' },
    // Type imports disappear in compilation, yet a cycle of them is a cycle of concepts.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // Without these two, packages that only have "exports" do not resolve.
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json', '.d.ts'],
    },
  },
};
