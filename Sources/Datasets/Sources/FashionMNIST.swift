// Fashion-MNIST, as Debian packages it.

extension DataSource {
  /// Source: Xiao, Rasul and Vollgraf, "Fashion-MNIST" (2017).
  public static let fashionMNIST = idx(
    name: "fashion-mnist", summary: "70,000 grey pictures of clothes",
    classes: [
      "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ],
    shape: [1, 28, 28], normalization: Normalization(mean: [0.2860], std: [0.3530]),
    howToGet: "apt-get install dataset-fashion-mnist")
}
