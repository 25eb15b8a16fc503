// Text to standard output and standard error, written at once.

import Foundation

/// Writes a line to standard output; nothing waits in a buffer.
func say(_ text: String, terminator: String = "\n") {
  FileHandle.standardOutput.write(Data((text + terminator).utf8))
}

/// Writes a line to standard error, with the program's name before it.
func complain(_ text: String) { FileHandle.standardError.write(Data("convtop: \(text)\n".utf8)) }
