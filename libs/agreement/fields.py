"""Which fields the schema knows at a place of the file, for errors that help."""

from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel

from agreement.schema import Agreement


def fields_at(steps: Sequence[str | int]) -> dict[str, str]:
    """The names of the fields at a path, with their descriptions; none where the path leads to no table."""
    model: type[BaseModel] | None = Agreement
    for step in steps:
        if isinstance(step, str) and model is not None and step in model.model_fields:
            model = _model_in(model.model_fields[step].annotation)
    return {} if model is None else {name: field.description or "" for name, field in model.model_fields.items()}


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model in an annotation: itself, in a tuple, as the values of a table, or beside None."""
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, dict, frozenset, Union, UnionType, Annotated):
        return next((model for each in get_args(annotation) if (model := _model_in(each)) is not None), None)
    return None
