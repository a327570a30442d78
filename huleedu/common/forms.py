"""A page's form whose action may refuse what was sent."""

from __future__ import annotations

from collections.abc import Collection

from django import forms

from huleedu.common.errors import ActionError


class ActionForm(forms.Form):
    """A form whose action may refuse. Errors stand beside the field, or above the form."""

    def refuse(self, error: ActionError, *, also: Collection[str] = ()) -> None:
        """Show an action's `validation_error`, or one with a code of `also`; raises every other error again."""
        if error.code != "validation_error" and error.code not in also:
            raise error
        self.add_error(error.field if error.field in self.fields else None, str(error.message))
