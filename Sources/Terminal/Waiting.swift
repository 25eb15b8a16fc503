// Sleeping until a key, a signal, news, or a time.

import Glibc

/// Sleeps until the terminal has input, the pipe has bytes, or the time is over.
///
/// - Parameter milliseconds: nil to wait for ever.
/// - Returns: whether the terminal is still there.
public func waitForEvent(_ pipe: WakePipe, milliseconds: Int?) -> Bool {
  var descriptors = [
    pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
    pollfd(fd: pipe.readEnd, events: Int16(POLLIN), revents: 0),
  ]
  let ready = poll(&descriptors, nfds_t(descriptors.count), milliseconds.map { Int32($0) } ?? -1)
  guard ready > 0 else { return true }
  return descriptors[0].revents & Int16(POLLHUP | POLLERR | POLLNVAL) == 0
}
