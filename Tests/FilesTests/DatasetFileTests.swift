// Data files: what is read from good ones, and what is said of bad ones.

import Datasets
import Foundation
import Tensors
import Testing

/// A folder that is removed with its owner.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "convtop-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }
}

private func big(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(value >> $0 & 255) } }

/// IDX bytes of images of 28×28, pixel i of image n holding (n + i) mod 256.
private func images(_ count: Int, announced: Int? = nil) -> [UInt8] {
  [0, 0, 8, 3] + big(announced ?? count) + big(28) + big(28)
    + (0..<count).flatMap { n in (0..<784).map { UInt8(truncatingIfNeeded: n + $0) } }
}

private func labels(_ values: [UInt8]) -> [UInt8] { [0, 0, 8, 1] + big(values.count) + values }

@Suite struct DatasetFileTests {
  private func folder(_ changes: [String: [UInt8]] = [:]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let files = [
      "train-images-idx3-ubyte": images(3), "train-labels-idx1-ubyte": labels([1, 2, 3]),
      "t10k-images-idx3-ubyte": images(2), "t10k-labels-idx1-ubyte": labels([4, 5]),
    ].merging(changes) { $1 }
    for (name, bytes) in files where !bytes.isEmpty { try folder.write(name, bytes) }
    return folder
  }

  private func complaint(_ folder: TemporaryFolder) -> String {
    do {
      _ = try DataSource.mnist.load(folder: folder.path, seed: 1)
      return "no error"
    } catch { return "\(error)".replacing(folder.path + "/", with: "").replacing(folder.path, with: "FOLDER") }
  }

  @Test func fourFilesMakeADataSet() throws {
    let folder = try folder()
    let dataset = try DataSource.mnist.load(folder: folder.path, seed: 1)
    #expect(dataset.train.count == 3 && dataset.test.count == 2)
    #expect(dataset.shape == [1, 28, 28])
    #expect(dataset.train.labels == [1, 2, 3])
    #expect(dataset.train.image(2)[5] == 7)
  }

  @Test func everyFaultOfAFileIsNamed() throws {
    let damaged: [(String, [UInt8], String)] = [
      ("train-images-idx3-ubyte", [], "FOLDER: holds neither train-images-idx3-ubyte.gz nor train-images-idx3-ubyte"),
      ("train-images-idx3-ubyte", [0, 0], "train-images-idx3-ubyte: ends after 2 of the 16 bytes of the header"),
      (
        "train-images-idx3-ubyte", Array(images(3).dropLast(10)),
        "train-images-idx3-ubyte: ends after 2342 of the 2352 bytes of 3 images"
      ),
      ("train-images-idx3-ubyte", images(3) + [0], "train-images-idx3-ubyte: holds more than its header announces"),
      (
        "train-images-idx3-ubyte", Array("hello, this is text".utf8),
        "train-images-idx3-ubyte: is not an IDX file of bytes (it begins 104 101 108 108, not 0 0 8 3)"
      ),
      (
        "train-images-idx3-ubyte", labels([1, 2, 3]) + big(0) + big(0),
        "train-images-idx3-ubyte: has 1 dimensions; 3 were expected"
      ),
      (
        "train-labels-idx1-ubyte", labels([1, 2]),
        "train-images-idx3-ubyte: holds 3 images, but train-labels-idx1-ubyte holds 2 labels"
      ),
      ("train-labels-idx1-ubyte", labels([1, 2, 77]), "mnist: a training label is 77, but there are only 10 classes"),
      (
        "train-images-idx3-ubyte", [0, 0, 8, 3] + big(0x7fff_ffff) + big(0x7fff_ffff) + big(0x7fff_ffff),
        "train-images-idx3-ubyte: claims 2147483647×2147483647×2147483647 bytes; from 1 to 2³¹ can be read"
      ),
      (
        "train-labels-idx1-ubyte", [0, 0, 8, 1] + big(0x7fff_fffe),
        "train-labels-idx1-ubyte: claims 2147483646 bytes, which it is too short for"
      ),
      ("t10k-labels-idx1-ubyte", [0x1f, 0x8b, 8, 0], "t10k-labels-idx1-ubyte: the gzipped data are cut short"),
    ]
    for (name, bytes, expected) in damaged {
      let found = complaint(try folder([name: bytes]))
      #expect(found == expected)
    }
  }

  @Test func theInstalledDataSetIsReadWhole() throws {
    let dataset = try DataSource.fashionMNIST.load(seed: 1)
    #expect(dataset.train.count == 60_000 && dataset.test.count == 10_000)
    // The published first labels: an ankle boot leads both halves.
    #expect(dataset.train.labels.prefix(5) == [9, 0, 0, 3, 0])
    #expect(dataset.test.labels.prefix(5) == [9, 2, 1, 1, 6])
    let pixels = UnsafeBufferPointer(start: dataset.train.pixels, count: 60_000 * 784)
    let mean = Double(pixels.reduce(0) { $0 + Int($1) }) / Double(pixels.count) / 255
    #expect(abs(mean - 0.2860) < 0.0001)
  }

  @Test func glyphsFollowFromTheirSeedAndAreAllDifferent() throws {
    func draw(_ seed: UInt64) throws -> [[UInt8]] {
      let dataset = try Glyphs(seed: seed).dataset(train: 40, test: 10)
      return (0..<40).map { Array(UnsafeBufferPointer(start: dataset.train.image($0), count: 784)) }
        + (0..<10).map { Array(UnsafeBufferPointer(start: dataset.test.image($0), count: 784)) }
    }
    let first = try draw(3)
    #expect(try draw(3) == first)
    #expect(Set(first).count == 50)
    #expect(try draw(4) != first)
    // Every digit has some ink and much paper.
    for image in first {
      let ink = image.reduce(0) { $0 + Int($1) } / 784
      #expect((8...90).contains(ink))
    }
  }
}
