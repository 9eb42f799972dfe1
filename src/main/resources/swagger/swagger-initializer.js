'use strict';

// Deferred scripts run in order, so the bundle is there.
SwaggerUIBundle({
  // Relative: a proxy may serve the page under a prefix.
  url: 'swagger.yaml',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
});
