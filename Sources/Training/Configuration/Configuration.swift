// Everything that a run is configured with.

import Datasets
import Layers
import Optimizers

/// A run's configuration, every default explicit.
public struct Configuration: Sendable {
  public var name: String
  public var seed: UInt64
  public var dataset: DatasetConfiguration
  public var layers: [any LayerConfiguration]
  public var training: TrainingConfiguration
  public var dashboard: DashboardConfiguration
  /// Where it was read from: the start of every complaint about it.
  public var file: String

  /// - Throws: `ConfigurationError` when nothing trains, so that `what` is not to be had.
  public func requireTraining(_ what: String) throws {
    guard training.trainsNothing else { return }
    throw ConfigurationError(
      file: file, keyPath: "training.epochs",
      message: "is 0, so nothing trains and there is nothing to \(what); convtop dashboard shows such a model")
  }
}

/// Which images a run learns from.
public struct DatasetConfiguration: Hashable, Sendable {
  /// What is measured after each epoch.
  public enum Validation: Hashable, Sendable {
    /// The test images, as in PyTorch's examples.
    case test
    /// So many training images, held out.
    case holdOut(Int)
  }

  public var name: String
  /// A folder with the four IDX files; nil to search the usual places.
  public var path: String?
  /// How many training and test images to use; nil for all.
  public var train: Int?
  public var test: Int?
  public var normalization: Normalization
  public var validation: Validation

  public init(_ description: DatasetDescription) {
    name = description.name
    normalization = description.normalization
    validation = .test
  }
}

/// How a run learns.
public struct TrainingConfiguration: Hashable, Sendable {
  public enum OptimizerChoice: Hashable, Sendable {
    case adam(Adam.Options)
    case sgd(SGD.Options)
    case rmsprop(RMSprop.Options)
    case adadelta(Adadelta.Options)
  }

  /// What is made small; every loss but the first two compares the logits with one-hot targets.
  public enum LossChoice: Hashable, Sendable {
    case crossEntropy(smoothing: Float)
    /// On log-probabilities: the model ends with `log_softmax`.
    case negativeLogLikelihood
    case meanSquaredError
    case binaryCrossEntropy
    case huber(delta: Float)
  }

  /// How the learning rate changes.
  public enum ScheduleChoice: Hashable, Sendable {
    /// A function of time, counted in epochs or in steps.
    case function(Schedule, perStep: Bool)
    /// Along the whole run: up for a share of its steps, then down.
    case oneCycle(maximum: Float, rise: Double, startDivisor: Double, endDivisor: Double)
    /// Watches the validation loss.
    case plateau(PlateauSchedule)
  }

  /// None for a model that is only looked at: its output may then be anything.
  public var epochs: Int
  public var batchSize: Int
  public var shuffle: Bool
  public var loss: LossChoice
  public var optimizer: OptimizerChoice
  public var schedule: ScheduleChoice
  public var warmUp: WarmUp?
  public var clipping: GradientClipping?
  /// The k of the top-k accuracy that an evaluation reports.
  public var topK: Int
  /// Threads for the arithmetic; nil for one a processor. The results do not depend on it.
  public var threads: Int?

  public var trainsNothing: Bool { epochs == 0 }
}

/// How the dashboard starts.
public struct DashboardConfiguration: Hashable, Sendable {
  public enum Theme: String, Hashable, Sendable, CaseIterable {
    case auto, dark, light
  }
  public var theme: Theme
  /// The test image whose feature maps are shown first.
  public var probe: Int
  /// The weight of the past in the smoothed training curves, from 0 (none) to below 1.
  public var smoothing: Float
}
