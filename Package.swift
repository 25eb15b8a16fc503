// swift-tools-version: 6.3
import PackageDescription

/// The inner loops run on checked sizes only, and want the build machine's vector instructions in debug builds too:
/// without them `swift test` takes minutes instead of seconds. There, too, the module is compiled as a whole, so that a
/// loop is specialised for its tile size across files.
/// CONVTOP_MARCH names another machine to build for, such as x86-64-v3, which has no AVX-512; CONVTOP_TILES, "wide" or
/// "narrow", the register tiles of a machine with AVX-512 or without, whatever the machine is.
let march = Context.environment["CONVTOP_MARCH"] ?? "native"
let tiles = Context.environment["CONVTOP_TILES"].map { ["-Xcc", "-DCONVTOP_WIDE_TILES=\($0 == "wide" ? 1 : 0)"] } ?? []
let kernelSettings: [SwiftSetting] = [
  .unsafeFlags(["-Ounchecked", "-wmo", "-disable-batch-mode", "-num-threads", "2", "-Xcc", "-march=\(march)"] + tiles)
]

/// Drawing the built-in images takes half a minute without the optimiser; every check stays on.
let drawingSettings: [SwiftSetting] = [.unsafeFlags(["-O"])]

let package = Package(
  name: "convtop",
  products: [.executable(name: "convtop", targets: ["convtop"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(name: "CNcurses", providers: [.apt(["libncursesw5-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CVector"),
    .target(name: "Fields"),
    .target(name: "Kernels", dependencies: ["CVector"], swiftSettings: kernelSettings),
    .target(name: "Tensors", dependencies: ["CVector", "Kernels"]),
    .target(name: "Workers", dependencies: ["Tensors", "Kernels"]),
    .target(name: "Autograd", dependencies: ["Workers", "Tensors", "Kernels"]),
    .target(name: "Layers", dependencies: ["Autograd", "Fields", "Tensors"]),
    .target(name: "Optimizers", dependencies: ["Workers", "Fields", "Kernels", "Tensors"]),
    .target(name: "Datasets", dependencies: ["Tensors", "CZlib"], swiftSettings: drawingSettings),
    .target(name: "Interchange", dependencies: ["Tensors", "CZlib"]),
    .target(name: "Experiments", dependencies: ["Fields", "Layers", "Optimizers", "Datasets", "Tensors"]),
    .target(name: "Telemetry", dependencies: ["Tensors"]),
    .target(name: "Attachment", dependencies: ["Telemetry", "Workers"]),
    .target(
      name: "Training",
      dependencies: [
        "Autograd", "Datasets", "Experiments", "Fields", "Interchange", "Kernels", "Layers", "Optimizers", "Telemetry",
        "Tensors", "Workers",
      ]),
    .target(
      name: "Benchmarks",
      dependencies: ["Autograd", "Datasets", "Experiments", "Kernels", "Layers", "Tensors", "Training", "Workers"]),
    .target(name: "Dashboard", dependencies: ["Telemetry"]),
    .target(name: "Terminal", dependencies: ["Dashboard", "CNcurses"]),
    .executableTarget(
      name: "convtop",
      dependencies: [
        "Attachment", "Autograd", "Benchmarks", "Dashboard", "Datasets", "Experiments", "Fields", "Interchange",
        "Telemetry",
        "Tensors", "Terminal",
        "Training", "Workers",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      resources: ["lenet", "pytorch-mnist", "beautiful"].map { .embedInCode("Resources/\($0).json") }
    ),
    .testTarget(
      name: "EngineTests", dependencies: ["Autograd", "Kernels", "Layers", "Optimizers", "Tensors", "Workers"],
      exclude: ["Goldens"]),
    .target(name: "TestSupport", path: "Tests/Support"),
    .testTarget(
      name: "FilesTests", dependencies: ["CZlib", "Datasets", "Fields", "Interchange", "Tensors", "TestSupport"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Attachment", "Autograd", "Datasets", "Experiments", "Fields", "Interchange", "Layers", "Optimizers",
        "Telemetry", "Tensors", "TestSupport", "Training", "Workers",
      ],
      exclude: ["Goldens"]),
    .testTarget(
      name: "DashboardTests", dependencies: ["Dashboard", "Telemetry", "Tensors", "TestSupport", "Workers"],
      exclude: ["Golden"]),
    .testTarget(name: "ProgramTests", dependencies: ["convtop", "Terminal"]),
  ],
  swiftLanguageModes: [.v6]
)
