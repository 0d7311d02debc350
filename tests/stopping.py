"""How a waitress server in a thread is ended: the shop's, where the tests run it themselves."""

import contextlib

from waitress.server import BaseWSGIServer


def stop(http: BaseWSGIServer) -> None:
    """End `run()` from another thread: finish what is being answered, then close every socket."""
    http.task_dispatcher.shutdown()
    # The loop may awake by itself and close everything before this has rung its bell.
    with contextlib.suppress(OSError):
        http.trigger.pull_trigger(lambda: http.asyncore.close_all(http._map))
