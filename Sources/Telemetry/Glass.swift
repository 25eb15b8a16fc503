// One step under the glass: its images, what each layer made of one of them, and what it did to the weights.

/// The parts of a step, in the order in which they happen.
public enum StepStage: String, Hashable, Sendable, Codable, CaseIterable {
  /// What leaves each layer.
  case forward
  case loss
  /// The gradient of the batch's mean loss at what leaves each layer.
  case backward
  /// What is added to each weight.
  case update
}

/// What of the last step, or of one that the run has stopped before, is to be seen.
public struct GlassRequest: Hashable, Sendable, Codable {
  public var stage: StepStage
  public var layer: Int
  /// The chosen image, and those whose pictures are wanted, by their places in the batch: the one that is lost most on is 0.
  public var image: Int
  public var images: Range<Int>
  /// Which maps, or in the update which filters, of the layer are wanted.
  public var tiles: Range<Int>

  public init(stage: StepStage, layer: Int, image: Int, images: Range<Int>, tiles: Range<Int>) {
    (self.stage, self.layer, self.image) = (stage, layer, image)
    (self.images, self.tiles) = (images, tiles)
  }
}

/// A step in pictures and figures.
public struct GlassPictures: Hashable, Sendable, Codable {
  /// The Euclidean norms of a layer's numbers; nil where there are none.
  public struct Norms: Hashable, Sendable, Codable {
    /// Of what left it for the chosen image, and of the batch's mean loss's gradient there.
    public let output: Double
    public let outputGradient: Double?
    /// Of its trained numbers before the step, of their gradient as the optimizer saw it, and of what the step added.
    public let weight: Double?
    public let gradient: Double?
    public let update: Double?

    public init(output: Double, outputGradient: Double?, weight: Double?, gradient: Double?, update: Double?) {
      (self.output, self.outputGradient) = (output, outputGradient)
      (self.weight, self.gradient, self.update) = (weight, gradient, update)
    }
  }
  public let request: GlassRequest
  /// The step, counted from 1, and whether it was only tried: the run stands before it then.
  public let step: Int
  public let isTried: Bool
  /// The images that were asked for, with their losses and what the net found likeliest, and how many the batch has.
  public let images: [ImagePictures.Image]
  public let total: Int
  /// The batch's mean loss, and the share of its images that were right.
  public let loss: Double
  public let accuracy: Double
  public let learningRate: Float
  /// The chosen image, and what the net said of it.
  public let chosen: ImagePictures.Image
  public let prediction: Prediction
  /// One for each layer.
  public let norms: [Norms]
  /// The pictures of the stage: `tilesPerStrip` tiles for each that was asked for; none where there is nothing to show.
  public let tiles: [Tile]
  public let tilesPerStrip: Int
  /// Of all the layer's numbers that the pictures show some of.
  public let range: ValueRange

  public init(
    request: GlassRequest, step: Int, isTried: Bool, images: [ImagePictures.Image], total: Int, loss: Double,
    accuracy: Double, learningRate: Float, chosen: ImagePictures.Image, prediction: Prediction, norms: [Norms],
    tiles: [Tile], tilesPerStrip: Int, range: ValueRange
  ) {
    (self.request, self.step, self.isTried, self.images, self.total) = (request, step, isTried, images, total)
    (self.loss, self.accuracy, self.learningRate, self.chosen) = (loss, accuracy, learningRate, chosen)
    (self.prediction, self.norms, self.tiles) = (prediction, norms, tiles)
    (self.tilesPerStrip, self.range) = (tilesPerStrip, range)
  }
}

/// A filter of the selected layer, of which it is asked what moved it.
public struct CauseRequest: Hashable, Sendable, Codable {
  public var filter: Int
  /// Over how many steps, the last one included.
  public var steps: Int
  /// How many images of either end are wanted.
  public var most: Int

  public init(filter: Int, steps: Int, most: Int = 5) {
    (self.filter, self.steps, self.most) = (filter, steps, most)
  }

  /// More steps than these take long, and no one looks for an image among so many.
  public static let mostSteps = 1_000
  /// A screen has no room for more images of either end.
  public static let mostImages = 100
}

/// Which images moved a filter.
///
/// Image i's part in a movement Δ of the filter's weights is −⟨gᵢ, Δ⟩, where gᵢ is the gradient of that image's loss, as its part of the batch's
/// mean, at those weights: the parts of a batch add up to that of the batch's gradient, exactly but for rounding, whatever the net
/// does with its images together.
public struct CausePictures: Hashable, Sendable, Codable {
  public struct Cause: Hashable, Sendable, Codable {
    public let image: ImagePictures.Image
    /// The step that it was in.
    public let step: Int
    /// Its part, as a share of the magnitude of the sum of all.
    public let share: Double

    public init(image: ImagePictures.Image, step: Int, share: Double) {
      (self.image, self.step, self.share) = (image, step, share)
    }
  }
  public let request: CauseRequest
  public let layer: Int
  /// The steps, counted from 1.
  public let steps: ClosedRange<Int>
  /// How many images were in them, one as often as it was.
  public let images: Int
  /// Those that moved it most, the first most of all, and those that held it back most.
  public let most: [Cause]
  public let least: [Cause]
  /// The shares of all images together: 1, or −1 where the filter moved against these batches' gradients.
  public let sum: Double
  /// −cos of the angle between the movement and the batches' gradient: 1 where one follows the other.
  public let alignment: Double
  /// What was added to the filter, a tile a channel, and its figures.
  public let movement: [Tile]
  public let figures: NumberFigures

  public init(
    request: CauseRequest, layer: Int, steps: ClosedRange<Int>, images: Int, most: [Cause], least: [Cause], sum: Double,
    alignment: Double, movement: [Tile], figures: NumberFigures
  ) {
    (self.request, self.layer, self.steps, self.images) = (request, layer, steps, images)
    (self.most, self.least, self.sum) = (most, least, sum)
    (self.alignment, self.movement, self.figures) = (alignment, movement, figures)
  }
}

/// How far the answer is to what takes the run's steps again.
public enum Examination: Hashable, Sendable, Codable {
  /// The run is under way: only a run that rests can be examined.
  case needsRest
  /// So much of it is done, from 0 to 1.
  case underWay(Double)
  case done
  /// Why it cannot be, in a sentence.
  case impossible(String)
}
