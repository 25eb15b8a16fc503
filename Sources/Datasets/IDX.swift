// The IDX format of MNIST and its relatives: a magic number, the dimensions, then bytes.

import Tensors

/// An IDX file of bytes: `0 0 8 rank`, each dimension as a big-endian 32-bit number, then the bytes, row-major.
///
/// Source: "The MNIST database of handwritten digits", LeCun, Cortes and Burges.
enum IDX {
  /// Reads a file's dimensions and hands the rest of it to `body`.
  ///
  /// - Throws: `DatasetError` when it is not an IDX file of bytes of that rank, or not as long as it says.
  static func read<Result>(
    _ path: String, rank: Int, _ body: (_ dimensions: [Int], DataFile) throws -> Result
  ) throws -> Result {
    let file = try DataFile(path)
    var header = [UInt8](repeating: 0, count: 4 + 4 * rank)
    try header.withUnsafeMutableBufferPointer { try file.read(into: $0, what: "the header") }
    guard header[0] == 0 && header[1] == 0 && header[2] == 8 else {
      let start = header[0..<4].map(String.init).joined(separator: " ")
      throw DatasetError("\(path): is not an IDX file of bytes (it begins \(start), not 0 0 8 \(rank))")
    }
    guard header[3] == rank else {
      throw DatasetError("\(path): has \(header[3]) dimensions; \(rank) were expected")
    }
    let dimensions = (0..<rank).map { axis in
      header[(4 + 4 * axis)..<(8 + 4 * axis)].reduce(0) { $0 << 8 | Int($1) }
    }
    let count = dimensions.reduce(into: (1, false)) { product, next in
      let (value, overflow) = product.0.multipliedReportingOverflow(by: next)
      product = (value, product.1 || overflow)
    }
    guard !count.1 && count.0 > 0 && count.0 < 1 << 31 else {
      throw DatasetError(
        "\(path): claims \(dimensions.map(String.init).joined(separator: "×")) bytes; from 1 to 2³¹ can be read")
    }
    // A little too much is found where it ends.
    guard count.0 <= max(1 << 20, file.mostBytes) else {
      throw DatasetError(
        "\(path): claims \(dimensions.map(String.init).joined(separator: "×")) bytes, which it is too short for")
    }
    let result = try body(dimensions, file)
    try file.expectEnd()
    return result
  }

  /// Reads images, (count, height, width), and their labels.
  static func labeledImages(images: String, labels: String) throws -> LabeledImages {
    let labelBytes = try read(labels, rank: 1) { dimensions, file in
      var bytes = [UInt8](repeating: 0, count: dimensions[0])
      try bytes.withUnsafeMutableBufferPointer { try file.read(into: $0, what: "\(dimensions[0]) labels") }
      return bytes
    }
    return try read(images, rank: 3) { dimensions, file in
      guard dimensions[0] == labelBytes.count else {
        throw DatasetError("\(images): holds \(dimensions[0]) images, but \(labels) holds \(labelBytes.count) labels")
      }
      return try LabeledImages(shape: [1, dimensions[1], dimensions[2]], labels: labelBytes) {
        try file.read(into: $0, what: "\(dimensions[0]) images")
      }
    }
  }
}

extension DataSource {
  /// A source of four IDX files, MNIST's own names: training images and labels, test images and labels.
  static func idx(
    name: String, summary: String, classes: [String], shape: Shape, normalization: Normalization, howToGet: String
  ) -> DataSource {
    DataSource(
      name: name, summary: summary, classes: classes, shape: shape, normalization: normalization, howToGet: howToGet,
      files: SourceFiles(
        folders: ["/usr/share/datasets/\(name)", userFolder(name)],
        names: [
          "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
        ])
    ) { request in
      let paths = request.paths
      return (
        try IDX.labeledImages(images: paths[0], labels: paths[1]),
        try IDX.labeledImages(images: paths[2], labels: paths[3])
      )
    }
  }
}
