'use strict';

// Deferred scripts run in order, so the bundle is there.
SwaggerUIBundle({
  url: '/swagger/swagger.yaml',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
});
