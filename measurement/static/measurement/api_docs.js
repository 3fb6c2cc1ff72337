// Shows the OpenAPI document. Swagger UI would ask a validator elsewhere, hence validatorUrl null.
const operations = document.querySelector("#operations");

SwaggerUIBundle({
  domNode: operations,
  url: operations.dataset.schema,
  presets: [SwaggerUIBundle.presets.apis],
  validatorUrl: null,
});
