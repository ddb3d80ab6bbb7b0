"""The part of JSON Schema (draft 2020-12) that `contracts.compatibility` can judge: what pydantic writes for events.

Everything else that a schema says is kept, so that it can be pointed at: `unjudged` names each place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

ANNOTATIONS: Final = frozenset({"title", "description", "examples", "deprecated", "readOnly", "writeOnly", "$comment"})
"""Keywords that change nothing about what is valid."""

TYPES: Final = ("null", "boolean", "number", "string", "array", "object")

REF: Final = "#/$defs/"

_BESIDE_ANYTHING: Final = frozenset({"default", "defs", "dialect", "id"})

_ALONE: Final = {
    "ref": {"ref"},
    "any_of": {"any_of"},
    "one_of": {"one_of", "discriminator"},
    "enum": {"enum", "types"},
    "const": {"const", "types"},
}
"""Keywords that are judged only where no others stand beside them than these."""


class Shape(BaseModel):
    """One JSON Schema, keyword by keyword; `false` is read as an empty enum, `true` as no keyword at all."""

    model_config = ConfigDict(frozen=True, extra="allow")

    dialect: str | None = Field(None, alias="$schema")
    id: str | None = Field(None, alias="$id")
    ref: str | None = Field(None, alias="$ref")
    defs: dict[str, "Shape"] = Field(default={}, alias="$defs")
    types: tuple[str, ...] | None = Field(None, alias="type")
    enum: tuple[JsonValue, ...] | None = None
    const: JsonValue = None
    default: JsonValue = None
    any_of: tuple["Shape", ...] | None = Field(None, alias="anyOf")
    one_of: tuple["Shape", ...] | None = Field(None, alias="oneOf")
    discriminator: dict[str, JsonValue] | None = None
    format: str | None = None
    pattern: str | None = None
    min_length: int = Field(0, alias="minLength")
    max_length: int | None = Field(None, alias="maxLength")
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = Field(None, alias="exclusiveMinimum")
    exclusive_maximum: float | None = Field(None, alias="exclusiveMaximum")
    multiple_of: float | None = Field(None, alias="multipleOf")
    items: "Shape | None" = None
    prefix_items: tuple["Shape", ...] = Field((), alias="prefixItems")
    min_items: int = Field(0, alias="minItems")
    max_items: int | None = Field(None, alias="maxItems")
    unique_items: bool = Field(default=False, alias="uniqueItems")
    properties: dict[str, "Shape"] | None = None
    required: frozenset[str] = frozenset()
    additional: "Shape | None" = Field(None, alias="additionalProperties")
    property_names: "Shape | None" = Field(None, alias="propertyNames")
    min_properties: int = Field(0, alias="minProperties")
    max_properties: int | None = Field(None, alias="maxProperties")

    @model_validator(mode="before")
    @classmethod
    def _read_booleans(cls, value: object) -> object:
        if isinstance(value, bool):
            return {} if value else {"enum": []}
        return value

    @field_validator("types", mode="before")
    @classmethod
    def _read_one_type(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    def says(self, *keywords: str) -> bool:
        """Whether any of these fields is written in the schema."""
        return not self.model_fields_set.isdisjoint(keywords)

    @property
    def finite(self) -> tuple[JsonValue, ...] | None:
        """The only values there are, where an enum or a constant names them."""
        if self.says("const"):
            return (self.const,)
        return self.enum

    def children(self) -> Iterator[tuple[str, "Shape"]]:
        """The schemas within, each with its step of the JSON path; alternatives make no step."""
        yield from ((f" {name}", shape) for name, shape in self.defs.items())
        yield from (("", shape) for shape in (*(self.any_of or ()), *(self.one_of or ())))
        yield from ((f".{name}", shape) for name, shape in (self.properties or {}).items())
        yield from ((f"[{index}]", shape) for index, shape in enumerate(self.prefix_items))
        single = (("[*]", self.items), (".*", self.additional), (".*", self.property_names))
        yield from ((step, shape) for step, shape in single if shape is not None)


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Something in a schema that is not in the part which can be judged."""

    path: str
    keyword: str


def unjudged(shape: Shape, defs: Mapping[str, Shape], path: str = "$") -> Iterator[Unjudged]:
    """Every place, the schemas within included, where this schema says what can't be judged."""
    yield from (Unjudged(path, keyword) for keyword in _strange(shape, defs))
    for step, child in shape.children():
        yield from unjudged(child, defs, path + step)


def _strange(shape: Shape, defs: Mapping[str, Shape]) -> Iterator[str]:
    extra = shape.model_extra or {}
    yield from (name for name in extra if name not in ANNOTATIONS and not name.startswith("x-"))
    if shape.ref is not None and shape.ref.removeprefix(REF) not in defs:
        yield f"$ref {shape.ref}"
    if shape.one_of is not None and shape.discriminator is None:
        yield "oneOf without a discriminator"
    yield from (f"type {name}" for name in shape.types or () if name not in {*TYPES, "integer"})
    said = (shape.model_fields_set & Shape.model_fields.keys()) - _BESIDE_ANYTHING
    yield from (f"{name} beside other keywords" for name in _ALONE if name in said and said - _ALONE[name])
