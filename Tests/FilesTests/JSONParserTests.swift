// JSON, read to the letter.

import Fields
import Testing

@Suite struct JSONParserTests {
  private func fault(_ text: String) -> String {
    do {
      return "no fault: \(try JSONParser.parse(text.utf8))"
    } catch { return "\(error)" }
  }

  @Test func valuesAreWhatTheyLookLike() throws {
    let text =
      #" { "a": [1, -2.5e1, true, false, null, 9223372036854775808], "b\n\u00e9\ud83d\ude00": {}, "": "x/\/\\" } "#
    #expect(
      try JSONParser.parse(text.utf8)
        == .object([
          "a": .array([.int(1), .double(-25), .bool(true), .bool(false), .null, .double(9_223_372_036_854_775_808)]),
          "b\né😀": .object([:]), "": .string("x//\\"),
        ]))
    #expect(try JSONParser.parse("\u{feff}[]".utf8) == .array([]))
  }

  @Test func everyFaultIsNamedWithItsPlace() {
    for (text, expected) in [
      ("", "expected a value, found the end of the text at line 1, column 1"),
      ("{\"a\":1,\n \"a\":2}", "the key \"a\" stands twice at line 2, column 2"),
      ("{\"a\":1,}", "expected a key in quotes, found \"}\" at line 1, column 8"),
      ("[1,\n]", "expected a value, found \"]\" at line 2, column 1"),
      ("[1 2]", "expected \",\" or \"]\", found \"2\" at line 1, column 4"),
      ("{\"a\" 1}", "expected \":\", found \"1\" at line 1, column 6"),
      ("[01]", "expected \",\" or \"]\", found \"1\" at line 1, column 3"),
      ("[1.]", "expected a digit, found \"]\" at line 1, column 4"),
      ("[-]", "expected a digit, found \"]\" at line 1, column 3"),
      ("[1e999]", "the number 1e999 is out of range at line 1, column 2"),
      ("[NaN]", "expected a value, found \"N\" at line 1, column 2"),
      ("\"a", "a string that does not end at line 1, column 1"),
      ("\"a\u{1}\"", "a control character in a string at line 1, column 3"),
      ("\"\\x\"", "an unknown escape at line 1, column 2"),
      ("\"\\ud83d\"", "half of a surrogate pair at line 1, column 2"),
      ("\"\\u12g4\"", "expected four hexadecimal digits, found \"1\" at line 1, column 4"),
      ("[] x", "expected the end of the text, found \"x\" at line 1, column 4"),
      (String(repeating: "[", count: 300), "more than 200 levels at line 1, column 201"),
    ] { #expect(fault(text) == expected) }
    #expect(throws: JSONParser.Fault.self) { try JSONParser.parse([0x22, 0xff, 0x22]) }
  }

  /// Whatever bytes come, they are a value or a fault; the bytes follow from a counter, so that a failure comes again.
  @Test func noBytesStopTheProgram() {
    let alphabet = Array("{}[]\",:\\u0123eE+-.tfn rul\n\u{80}".utf8)
    var state: UInt64 = 1
    var values = 0
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<16 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(alphabet[Int(state >> 33) % alphabet.count])
      }
      if (try? JSONParser.parse(bytes.prefix(Int(state >> 60)))) != nil { values += 1 }
    }
    #expect(values > 100)
  }
}
