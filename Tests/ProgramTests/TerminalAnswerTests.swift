// What terminals say: keys, and answers when they are asked for their background.

import Dashboard
import Testing

@testable import Terminal

@Suite struct TerminalAnswerTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func aBackgroundIsLightByItsLuminance() {
    let cases: [(String, Bool?)] = [
      ("\u{1b}]11;rgb:ffff/ffff/ffff\u{1b}\\", true), ("\u{1b}]11;rgb:1e1e/1e1e/2e2e\u{7}", false),
      ("\u{1b}]11;rgb:ff/ff/f0\u{7}\u{1b}[?62;22c", true), ("\u{1b}]11;rgb:f/f/f\u{7}", true),
      ("\u{1b}]11;rgb:0/0/0\u{7}", false), ("\u{1b}[?62;22c", nil), ("", nil), ("\u{1b}]11;rgb:ffff/ffff", nil),
      ("\u{1b}]11;rgb:fffff/ffff/ffff\u{7}", nil), ("\u{1b}]11;rgb:gg/ff/ff\u{7}", nil),
      ("\u{1b}]11;rgb:////\u{7}", nil),
    ]
    for (answer, expected) in cases {
      #expect(TerminalBackground.isLight(bytes(answer)) == expected, "\(answer.debugDescription)")
    }
  }

  /// What an entry does not know arrives character by character; it must not be taken for keys that mean something.
  @Test func anUnknownSequenceIsNoKey() {
    let cases: [(String, [Key])] = [
      ("\u{1b}", [.escape]), ("\u{1b}\u{1b}", [.escape, .escape]), ("\u{1b}q", [.escape, .character("q")]),
      ("\u{1b}[15~", []), ("\u{1b}[1;5Ax", [.character("x")]), ("a\u{1b}[200~b", [.character("a"), .character("b")]),
      ("\u{1b}[\u{1b}q", [.escape, .character("q")]), ("[n", [.character("["), .character("n")]),
    ]
    for (text, expected) in cases {
      var (reader, found): (KeyReader, [Key]) = (KeyReader(), [])
      for scalar in text.unicodeScalars {
        reader.take(Int32(scalar.value))
        while let key = reader.next() { found.append(key) }
      }
      while let key = reader.nextAtEnd() { found.append(key) }
      #expect(found == expected, "\(text.debugDescription)")
    }
  }

  /// A `c` among a colour's digits ends nothing; only the answer to the second question does.
  @Test func nothingMoreIsWaitedForAfterTheSecondAnswer() {
    #expect(!TerminalBackground.isComplete(bytes("\u{1b}]11;rgb:cccc/cccc/c")))
    #expect(!TerminalBackground.isComplete(bytes("\u{1b}]11;rgb:cccc/cccc/cccc\u{1b}\\\u{1b}[?62;2")))
    #expect(TerminalBackground.isComplete(bytes("\u{1b}]11;rgb:cccc/cccc/cccc\u{1b}\\\u{1b}[?62;22c")))
    #expect(TerminalBackground.isComplete(bytes("\u{1b}[?6c")) && !TerminalBackground.isComplete([]))
  }
}
