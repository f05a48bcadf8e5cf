// The widgets' JavaScript runs in a page of Jupyter: a browser's names, and no others.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/*", "!migration_magics/**", "!eslint.config.js"] },
  js.configs.recommended,
  {
    files: ["migration_magics/widgets/static/**/*.js"],
    languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "consistent-return": "error",
      curly: ["error", "multi-line"],
      "default-case-last": "error",
      eqeqeq: "error",
      "no-alert": "error",
      "no-console": "error",
      "no-else-return": "error",
      "no-empty": ["error", { allowEmptyCatch: false }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-loop-func": "error",
      "no-new-func": "error",
      "no-param-reassign": "error",
      "no-shadow": "error",
      "no-throw-literal": "error",
      "no-unused-expressions": "error",
      "no-useless-concat": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
      // a name from a database is text, whatever it looks like; HTML comes only from the package's own display
      "no-restricted-properties": [
        "error",
        { object: "document", property: "write" },
        { property: "outerHTML", message: "Build elements, and put names into textContent." },
        { property: "insertAdjacentHTML", message: "Build elements, and put names into textContent." },
      ],
      // nothing is loaded: a widget works offline, and knows what its kernel tells it
      "no-restricted-globals": ["error", "fetch", "XMLHttpRequest", "WebSocket", "EventSource", "event", "name"],
      "no-restricted-syntax": [
        "error",
        { selector: "ImportExpression", message: "Nothing is loaded while a widget runs." },
        { selector: "ImportDeclaration[source.value=/^[a-z]+:/]", message: "Nothing is loaded from a network." },
      ],
    },
  },
];
