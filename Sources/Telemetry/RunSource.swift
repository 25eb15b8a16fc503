// What a watcher sees of a run, and all that it can do to it.

import Dispatch
import Tensors

/// What of a run does not change while it goes on.
public struct RunDescription: Sendable, Hashable, Codable {
  public var name: String
  public var dataset: String
  /// The names of the classes, in the order of their labels.
  public var classes: [String]
  /// (channels, height, width) of an image.
  public var image: Shape
  /// How many images can be probed: those of the validation.
  public var probes: Int
  public var trainImages: Int
  /// Every layer, those inside of blocks before the block.
  public var layers: [LayerSummary]
  /// What is measured after each epoch: `test`, or `held-out training`.
  public var validation = "test"

  public init(
    name: String, dataset: String, classes: [String], image: Shape, probes: Int, trainImages: Int,
    layers: [LayerSummary]
  ) {
    (self.name, self.dataset, self.classes, self.image) = (name, dataset, classes, image)
    (self.probes, self.trainImages, self.layers) = (probes, trainImages, layers)
  }

  /// Trained numbers of the whole model.
  public var parameters: Int { layers.reduce(0) { $0 + $1.parameters } }
}

/// One of those who look at a run; a source gives it its number.
public struct Watcher: Hashable, Sendable, Codable {
  public let number: Int
  public init(number: Int) { self.number = number }
}

/// A run as a watcher sees it: a trainer, a recording, another process.
///
/// All of it may be called from any thread. A request replaces the same watcher's earlier one that has not been served
/// yet; those of others are not touched by it.
public protocol RunSource: AnyObject, Sendable {
  var description: RunDescription { get }
  var status: RunStatus { get }
  /// A new watcher.
  ///
  /// - Parameter onNews: called on any thread when the phase has changed or the watcher's snapshot is there; it must return
  ///   soon. The figures of the status change with every unit of work, and are for the watcher to look at when it likes.
  func addWatcher(onNews: @escaping @Sendable () -> Void) -> Watcher
  func removeWatcher(_ watcher: Watcher)
  /// Asks for pictures: the watcher's `onNews` tells when they are there, and `snapshot` has them.
  func request(_ request: PictureRequest, for watcher: Watcher)
  /// The latest answer to one of the watcher's requests: `snapshot.request` says to which.
  func snapshot(for watcher: Watcher) -> Snapshot?
  /// Gives a command.
  ///
  /// - Parameter acknowledge: called on any thread when it has taken effect, which is between two units of work.
  func send(_ command: RunCommand, acknowledge: (@Sendable () -> Void)?)
}

extension RunSource {
  public func send(_ command: RunCommand) { send(command, acknowledge: nil) }

  /// Gives a command, and returns when it has taken effect.
  public func sendAndWait(_ command: RunCommand) {
    let isDone = DispatchSemaphore(value: 0)
    send(command) { isDone.signal() }
    isDone.wait()
  }
}
