// Damaged files of data: an error each, never a crash, never memory for what is not there.
//
// CONVTOP_FUZZ=1000000 swift test -c release -Xswiftc -enable-testing --filter FuzzTests tries so many of each kind.

import Foundation
import Interchange
import Tensors
import TestSupport
import Testing

@testable import Datasets
@testable import Fields

@Suite(.serialized) struct FileFuzzTests {
  private func expectSurvived(
    _ name: String, seed: UInt64, corpus: [[UInt8]], words: [String] = [], _ parse: ([UInt8]) throws -> Void
  ) {
    let complaint = fuzz(name, seed: seed, corpus: corpus, words: words, parse)
    #expect(complaint == nil)
  }

  @Test func json() {
    let texts = [
      #"{"a":[1,-2.5e3,true,null,"é\u00e9\n"],"b":{"c":{}}}"#, #"[[[[1]]],{"x":""}]"#, #""\ud83d\ude00""#, "  12  ",
    ]
    expectSurvived("JSON", seed: 1, corpus: texts.map { Array($0.utf8) }, words: ["{", "[", "\\u", "\":", ","]) {
      _ = try JSONParser.parse($0)
    }
  }

  @Test func safetensors() throws {
    let file = Safetensors(
      tensors: [("a.weight", Tensor([2, 3], [1, 2, 3, 4, 5, 6])), ("b", Tensor([1], [7]))], metadata: ["step": "7"])
    let words = ["\"shape\":[", "\"data_offsets\":[", "F32", "F64", "4611686018427387904,4", "__metadata__", "-1,"]
    expectSurvived("safetensors", seed: 2, corpus: [Array(try file.encoded())], words: words) {
      let read = try Safetensors(Data($0))
      for (_, tensor) in read.tensors { #expect(tensor.values.count == tensor.shape.count) }
      _ = Safetensors.isIntact(Data($0))
    }
  }

  /// IDX files as they are, and gzipped: by their header's own length, never by what it claims.
  @Test func idxAndGzip() throws {
    let folder = NSTemporaryDirectory() + "convtop-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (images, labels) = ("\(folder)/images", "\(folder)/labels")
    let imageBytes: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4] + (0..<24).map { UInt8($0) }
    let labelBytes: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 2, 3, 9]
    try Data(labelBytes).write(to: URL(fileURLWithPath: labels))
    // `printf … | gzip -n`
    let gzipped = try #require(
      Data(
        base64Encoded:
          "H4sIAAAAAAAC/2Ng4GBmYGBgAmIQzcLAyMTMwsrGzsHJxc3Dy8cvICgkLCIqJg4AgJToFigAAAA="))
    func write(_ bytes: [UInt8], _ path: String) throws {
      try bytes.withUnsafeBytes { bytes in
        let file = try #require(fopen(path, "wb"))
        fwrite(bytes.baseAddress, 1, bytes.count, file)
        fclose(file)
      }
    }
    let corpus = [imageBytes, Array(gzipped)]
    expectSurvived("images, IDX and gzip", seed: 3, corpus: corpus, words: ["\u{1f}\u{8b}\u{8}\u{0}"]) { bytes in
      try write(bytes, images)
      _ = try IDX.labeledImages(images: images, labels: labels)
    }
    try write(imageBytes, images)
    expectSurvived("labels, IDX", seed: 4, corpus: [labelBytes]) { bytes in
      try write(bytes, labels)
      _ = try IDX.labeledImages(images: images, labels: labels)
    }
  }
}
