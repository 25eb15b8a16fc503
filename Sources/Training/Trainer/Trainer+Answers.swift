// Which validation images a net gets right, so that it can be compared with another.

import Telemetry

extension Trainer {
  /// So many epochs can be compared; who is that far behind is not worth waiting for.
  private static let mostEpochs = 64

  /// Which of the validation images the net gets right as it is.
  ///
  /// They are those of `validationImages`, in that order.
  public func rightImages() -> [Bool] { queue.sync { loop.rightImages(loop.sampler.validationIndices) } }

  /// The indices of the validation images in the data set.
  public var validationImages: [Int32] { queue.sync { loop.sampler.validationIndices } }

  /// From now on, keeps which of the validation images are right after each epoch.
  public func compareAnswers() { queue.async { self.loop.answers = self.loop.answers ?? [] } }

  /// Which were right after epochs that have been since.
  public var answersByEpoch: [Int: [Bool]] { answers.withLock { $0 } }

  func keepAnswers(_ record: EpochRecord) {
    guard let right = loop.answers, right.count == loop.sampler.validationIndices.count else { return }
    answers.withLock { answers in
      answers[record.epoch] = right
      if answers.count > Trainer.mostEpochs, let oldest = answers.keys.min() { answers[oldest] = nil }
    }
  }
}
