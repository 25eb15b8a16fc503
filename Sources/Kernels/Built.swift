// What these kernels were built for.

import CVector

/// The bits of `ProcessorFeatures` that the compiler took for granted in this module.
///
/// It is called before anyone knows whether the processor has them, so it does nothing but return a constant.
public func processorFeaturesOfKernels() -> UInt64 { processor_features_built() }
