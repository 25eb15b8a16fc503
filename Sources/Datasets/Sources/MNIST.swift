// MNIST's handwritten digits.

extension DataSource {
  /// Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
  public static let mnist = idx(
    name: "mnist", summary: "70,000 grey handwritten digits", classes: (0...9).map(String.init),
    shape: [1, 28, 28], normalization: Normalization(mean: [0.1307], std: [0.3081]),
    howToGet: "put MNIST's four IDX files into \(userFolder("mnist"))")
}
