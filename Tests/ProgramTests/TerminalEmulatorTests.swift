// The tests' own terminal has to stand whatever the other end writes, and wherever a read cuts it.

import Testing

@Suite struct TerminalEmulatorTests {
  @Test(arguments: ["é", "─", "𝄞", "\u{1b}[2;2H"])
  func aResizeBetweenTheBytesOfASequenceLosesNoneOfThem(sequence: String) {
    let bytes = Array(sequence.utf8)
    for cut in 1..<bytes.count {
      var whole = TerminalEmulator(columns: 6, rows: 3)
      whole.feed(bytes + Array("x".utf8))
      var parted = TerminalEmulator(columns: 80, rows: 24)
      parted.feed(Array(bytes[..<cut]))
      parted.resize(columns: 6, rows: 3)
      parted.feed(Array(bytes[cut...]) + Array("x".utf8))
      #expect(parted.text == whole.text)
    }
  }

  @Test func bytesThatAreNoTextAreShownOneByOne() {
    var screen = TerminalEmulator(columns: 10, rows: 1)
    screen.feed([0x94, 0x80, 0x61, 0xe2, 0x41, 0x42, 0xff, 0x62, 0x63, 0x64])
    #expect(screen.text == "��a�AB�bcd")
  }
}
