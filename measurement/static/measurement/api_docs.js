// Shows the OpenAPI document inside the page.

// Swagger UI's own layout would bring a second <main> and heading.
function operationsAlone({ React, getComponent }) {
  const part = (name) => React.createElement(getComponent(name, true));
  const className = "swagger-ui";
  return {
    components: {
      OperationsAlone: () =>
        React.createElement("div", { className }, part("AuthorizeBtnContainer"), part("operations")),
    },
  };
}

// Two of its buttons hold a picture alone; a screen reader needs words.
function buttonsWithNames({ React }) {
  const words = (text, className) => React.createElement("span", { className }, text);
  const name = "json-schema-2020-12-accordion";
  return {
    components: {
      CloseIcon: () => words("Close"),
      JSONSchema202012Accordion: ({ expanded, children, onChange }) =>
        React.createElement(
          "button",
          {
            type: "button",
            className: name,
            "aria-expanded": Boolean(expanded),
            onClick: (event) => onChange(event, !expanded),
          },
          words("Fields of", "govuk-visually-hidden"),
          React.createElement("div", { className: `${name}__children` }, children),
        ),
    },
  };
}

const place = document.querySelector("#reference");
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [operationsAlone, buttonsWithNames],
  layout: "OperationsAlone",
  validatorUrl: null, // it would be asked at another origin
  defaultModelRendering: "model",
  defaultModelExpandDepth: 2,
  defaultModelsExpandDepth: -1,
});
