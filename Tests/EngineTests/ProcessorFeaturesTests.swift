// Whether a program and the processor that it is started on fit.

import Tensors
import Testing

@Suite struct ProcessorFeaturesTests {
  private static func features(_ names: [String]) -> ProcessorFeatures {
    let all = (0..<UInt64(64)).map { ProcessorFeatures(rawValue: 1 << $0) }
    return ProcessorFeatures(names.compactMap { name in all.first { $0.names == [name] } })
  }

  private static let haswell = ["SSE3", "SSE4_2", "AVX", "FMA", "AVX2", "BMI2"]
  private static let skylakeX = haswell + ["AVX512F", "AVX512VL", "AVX512BW"]

  @Test(arguments: [
    (haswell, haswell, []), (haswell, skylakeX, []), ([], haswell, []),
    (skylakeX, haswell, ["AVX512F", "AVX512VL", "AVX512BW"]), (["FMA"], [], ["FMA"]),
  ])
  func aProcessorThatLacksWhatTheProgramWasBuiltForIsToldWhat(built: [String], present: [String], missing: [String]) {
    let complaint = ProcessorFeatures.complaint(
      builtFor: Self.features(built), running: Self.features(present))
    #expect((complaint == nil) == missing.isEmpty)
    let named =
      complaint.map { $0.split { !"ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789".contains($0) }.map(String.init) } ?? []
    for name in built { #expect(named.contains(name) == missing.contains(name), "\(name): \(complaint ?? "fits")") }
  }

  @Test func theKernelsOfThisBuildFitThisProcessor() {
    #expect(ProcessorFeatures.complaint(builtFor: .built, running: .present) == nil)
    #expect(!ProcessorFeatures.present.isEmpty)
  }
}
