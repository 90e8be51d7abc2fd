"""Base of every config model."""

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from modelport.errors import ConfigError

if TYPE_CHECKING:
    _Checked = type(BaseModel)
else:

    class _Checked(type(BaseModel)):
        """Makes a model in a program of the user's own as a stack file's values are read."""

        def __call__(cls, *given: object, **values: Any) -> object:
            try:
                return super().__call__(*given, **values)
            except ValidationError as error:
                # Which words fit a mistake is decided with all targets at hand.
                from modelport.config.problems import find_problems

                problems = find_problems(error, cls)
                raise cls.refused([problem.within(cls.__name__) for problem in problems]) from None


class Model(BaseModel, metaclass=_Checked):
    """Plain data: unknown keys are errors, values never change, docstrings become descriptions.

    Raises:
        ConfigError: with every mistake at once, where one is made by its class.
            `model_validate` raises pydantic's `ValidationError`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    refused: ClassVar[type[ConfigError]] = ConfigError
    """What is raised; components set one that the engine shows without a traceback."""
