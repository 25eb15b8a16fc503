// Text to standard output and standard error, written at once.

import Foundation

/// Writes a line to standard output; nothing waits in a buffer. When that fails there is nobody left to tell but
/// standard error: one sentence, and the exit status EX_IOERR.
func say(_ text: String, terminator: String = "\n") {
  do {
    try FileHandle.standardOutput.write(contentsOf: Data((text + terminator).utf8))
  } catch {
    complain("standard output cannot be written: \(String(cString: strerror(errno)))")
    exit(74)
  }
}

/// Writes a line to standard error, with the program's name before it.
func complain(_ text: String) {
  // A failure to complain has nowhere to be reported.
  try? FileHandle.standardError.write(contentsOf: Data("convtop: \(shown(text))\n".utf8))
}

/// A text without characters that a terminal would act on: a path may have any.
func shown(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control && $0 != "\n" }) else {
    return text
  }
  return text.unicodeScalars.map { scalar in
    scalar.properties.generalCategory == .control && scalar != "\n"
      ? "\\x\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))" : String(scalar)
  }.joined()
}

/// A path as a shell takes it.
func quoted(_ path: String) -> String {
  let plain = path.unicodeScalars.allSatisfy { scalar in
    scalar.isASCII
      && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "/._-+=:,@".unicodeScalars.contains(scalar))
  }
  return plain && !path.isEmpty ? path : "'\(shown(path).replacingOccurrences(of: "'", with: "'\\''"))'"
}

/// Opens /dev/null in place of standard streams that are closed, so that no file of a run takes their number.
func openStandardStreams() {
  for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 {
    _ = open("/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY)
  }
}

/// Has the standard streams lead nowhere: the terminal that they led to is gone.
func discardStandardStreams() {
  let nowhere = open("/dev/null", O_RDWR)
  guard nowhere >= 0 else { return }
  for descriptor: Int32 in 0...2 { dup2(nowhere, descriptor) }
  if nowhere > 2 { close(nowhere) }
}
