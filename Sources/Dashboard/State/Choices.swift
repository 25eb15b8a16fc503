// What is chosen within a view.

import Telemetry

/// Which numbers a picture's brightness is measured against.
public enum ScaleMode: String, CaseIterable, Sendable, Hashable {
  case layer, tile, network

  var label: String { self == .tile ? "each tile" : rawValue }
}

/// How numbers become shades.
public struct Look: Sendable, Hashable {
  public var scale = ScaleMode.layer
  /// For numbers of one sign.
  public var sequential = ColorMap.cividis
  /// What a share of the scale is raised to.
  public var gamma: Float = 1
  /// How many times brighter than by the scale.
  public var contrast: Float = 1

  /// Each press of a key changes contrast or gamma by a quarter of an octave.
  static let step: Float = 1.189_207_1
  static let limits: ClosedRange<Float> = 0.0625...16

  static func clamp(_ value: Float) -> Float {
    // Back at the start it is exactly that.
    let clamped = min(max(limits.lowerBound, value), limits.upperBound)
    return abs(clamped - 1) < 0.01 ? 1 : clamped
  }
}

public struct FilterChoice: Sendable, Hashable {
  public var quantity = WeightQuantity.weight
  public var order = FilterOrder.index
}

public struct MapChoice: Sendable, Hashable {
  /// Whether a layer with an activation behind it shows what leaves that.
  public var isActivated = false
  /// The cursor in the selected map.
  public var row = 0
  public var column = 0
}

/// What a chart's axis of time counts.
public enum TimeAxis: String, CaseIterable, Sendable, Hashable {
  case steps, epochs, seconds
}

public struct ChartChoice: Sendable, Hashable {
  /// The quantities that have a chart, in the order in which they were chosen.
  public var shown = ["loss", "accuracy"]
  /// The row of the list that is chosen.
  public var row = 0
  public var time = TimeAxis.steps
  public var isLog = false
  public var isLogTime = false
  /// The weight of the past in smoothed curves.
  public var smoothing = 0.98
  /// The steps that are shown; nil for all of them, following the newest.
  public var window: ClosedRange<Int>?
  /// The step whose values are shown.
  public var cursor: Int?
  /// Whether other runs of the folder lie over the curves.
  public var showsOthers = false
}

public struct DataChoice: Sendable, Hashable {
  public var source = ImageRequest.Source.training(ofClass: nil)
  /// The first image that is shown.
  public var first = 0
}

/// What of a step is looked at; the layer is the selected one.
public struct GlassChoice: Sendable, Hashable {
  public var stage = StepStage.forward
  /// The image, by its place in the batch: the one that is lost most on is 0.
  public var image = 0
  /// Over how many steps it is asked what moved a filter.
  public var causeSteps = 1
}

/// What the mouse holds while its button is down.
public enum Grip: Sendable, Hashable {
  case border(String, from: Point, offset: Int)
  case pane(Pane)
  /// The knob of the pace.
  case pace
}
