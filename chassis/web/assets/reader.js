// Lays out /openapi.json. All text is set as text, so nothing in a description can become markup.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function resolve(description, schema) {
  const name = schema && schema.$ref && schema.$ref.split("/").pop();
  return name ? description.components.schemas[name] || {} : schema || {};
}

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.join(" | ");
  const parts = schema.anyOf || schema.oneOf;
  if (parts) return parts.map(typeOf).join(" or ");
  if (schema.type === "array") return "list of " + typeOf(schema.items || {});
  return schema.format || schema.type || "any";
}

function fieldTable(rows) {
  const table = element("table");
  for (const [name, type, about] of rows) {
    const row = table.insertRow();
    const heading = element("th", name);
    heading.scope = "row";
    row.append(heading, element("td", type), element("td", about));
  }
  return table;
}

function body(description, operation) {
  const json = operation.requestBody && operation.requestBody.content["application/json"];
  if (!json) return [];
  const schema = resolve(description, json.schema);
  const required = new Set(schema.required || []);
  const rows = Object.entries(schema.properties || {}).map(([name, field]) => [
    required.has(name) ? name + " (required)" : name, typeOf(field), field.description || "",
  ]);
  const details = element("details");
  details.append(element("summary", "Request body"), fieldTable(rows));
  if (json.example) details.append(element("pre", JSON.stringify(json.example, null, 2)));
  return [details];
}

function parameters(operation) {
  const rows = (operation.parameters || []).map((one) => [
    one.name, one.in + ", " + typeOf(one.schema || {}), one.description || "",
  ]);
  if (!rows.length) return [];
  const details = element("details");
  details.append(element("summary", "Parameters"), fieldTable(rows));
  return [details];
}

function section(description, path, method, operation) {
  const made = element("section");
  const heading = element("h2");
  heading.append(element("span", method.toUpperCase(), "method"), " " + path);
  made.append(heading, element("p", operation.description || operation.summary || ""));
  const roles = operation["x-roles"] || [];
  made.append(element("p", "Who may call: " + (roles.join(", ") || "nobody"), "roles"));
  made.append(...parameters(operation), ...body(description, operation));
  const answers = Object.entries(operation.responses || {}).map(
    ([status, answer]) => [status, "", answer.description || ""]);
  const details = element("details");
  details.append(element("summary", "Answers"), fieldTable(answers));
  made.append(details);
  return made;
}

async function lay() {
  const place = document.getElementById("operations");
  const description = await (await fetch("/openapi.json")).json();
  for (const [path, item] of Object.entries(description.paths || {})) {
    for (const method of METHODS) {
      if (item[method]) place.append(section(description, path, method, item[method]));
    }
  }
  place.setAttribute("aria-busy", "false");
}

lay();
