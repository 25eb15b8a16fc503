// What the kernels were built for, and whether the present processor has it.

import CVector
import Kernels

/// A set of the instruction-set extensions that a compiler may use without being asked: AVX2, FMA, AVX512F, ….
public struct ProcessorFeatures: OptionSet, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// What the compiler took for granted when it built the kernels. All else is built for any processor of its kind, this
  /// type's code too.
  public static var built: ProcessorFeatures { ProcessorFeatures(rawValue: processorFeaturesOfKernels()) }

  /// What the present processor has, and the operating system saves the registers of.
  public static var present: ProcessorFeatures { ProcessorFeatures(rawValue: processor_features_present()) }

  /// The features' names, as `/proc/cpuinfo` lists them, but in capitals.
  public var names: [String] {
    (0..<Int(processor_feature_count)).filter { rawValue >> UInt64($0) & 1 == 1 }
      .map { String(cString: processor_feature_name(Int32($0))) }
  }

  /// What is wrong, in one sentence; nil when the processor has all that the program was built for.
  public static func complaint(builtFor built: ProcessorFeatures, running present: ProcessorFeatures) -> String? {
    let missing = built.subtracting(present)
    guard !missing.isEmpty else { return nil }
    return "this program was built for a processor with \(missing.names.joined(separator: ", ")), which this one has "
      + "not; build it here, or with CONVTOP_MARCH=x86-64-v3 for every processor since about 2015"
  }
}
