"""Tries that end where no further one can help. Loaded with urllib3, when somebody first asks."""

from typing import Final

from urllib3 import Retry
from urllib3.exceptions import SSLError

_UNTRUSTED: Final = "CERTIFICATE_VERIFY_FAILED"  # as OpenSSL says it


def is_untrusted(error: Exception | None) -> bool:
    """Tell whether it is the server's certificate that is not trusted."""
    return isinstance(error, SSLError) and _UNTRUSTED in str(error)


class Retries(Retry):
    """Those of urllib3, but for servers that are not trusted."""

    def is_exhausted(self) -> bool:
        """Tell whether this was the last try."""
        last = self.history[-1].error if self.history else None
        return super().is_exhausted() or is_untrusted(last)
