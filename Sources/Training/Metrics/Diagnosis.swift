// What looks wrong with a training, in sentences.

import Foundation
import Telemetry

/// Notices a gradient that explodes and a loss that stays at chance; it looks on and changes nothing.
struct Diagnosis {
  private let classes: Int
  /// The loss of a net that knows nothing, where the loss has such a number: ln(classes) of the cross entropy.
  private let chance: Double?
  /// The norms of the gradient so far, the last ones of them.
  private var norms: [Double] = []
  /// The usual one at the beginning: once a net has learned, norms are tiny, and many times nothing is no explosion.
  private var firstNorm: Double?
  private var explosion: String?
  /// Exponential means of loss and accuracy, and their weight.
  private var loss = 0.0
  private var accuracy = 0.0
  private var weight = 0.0
  private var step = 0

  /// A norm so many times the usual one is an explosion; it is over below a fifth of that.
  private static let explosive = 50.0
  private static let remembered = 32
  /// Before so many steps, no net need know anything.
  private static let patience = 200
  /// The weight of the past in the means.
  private static let memory = 0.99

  init(classes: Int, hasChance: Bool) {
    self.classes = classes
    chance = hasChance && classes > 1 ? log(Double(classes)) : nil
  }

  /// Begins anew: the run has gone somewhere else.
  mutating func forget() {
    (norms, firstNorm, explosion, loss, accuracy, weight, step) = ([], nil, nil, 0, 0, 0, 0)
  }

  mutating func look(at record: StepRecord) {
    let new = 1 - Diagnosis.memory
    loss += new * (record.loss - loss)
    accuracy += new * (record.accuracy - accuracy)
    weight += new * (1 - weight)
    step = record.step
  }

  mutating func look(at record: MeasureRecord) {
    guard let norm = record.values.first(where: { $0.name == "gradient_norm" })?.value, norm.isFinite else { return }
    let usual = norms.sorted()[safe: norms.count / 2] ?? norm
    if norms.count == 6 && firstNorm == nil { firstNorm = usual }
    if let firstNorm, usual > 0, norm > Diagnosis.explosive * usual, norm > 5 * firstNorm {
      explosion =
        "the gradient explodes: its norm is \(formatNumber(Float(norm))) at step \(grouped(record.step)), usually "
        + "\(formatNumber(Float(usual))); a lower learning rate or training.clip.norm may help"
    } else {
      if norm < Diagnosis.explosive / 5 * usual { explosion = nil }
      norms = (norms + [norm]).suffix(Diagnosis.remembered)
    }
  }

  /// The worst of it; nil while all looks well.
  var sentence: String? {
    if let explosion { return explosion }
    guard let chance, step >= Diagnosis.patience, weight > 0.8 else { return nil }
    guard loss / weight > 0.98 * chance, accuracy / weight < 1.3 / Double(classes) else { return nil }
    let (now, what) = (loss / weight, loss / weight < 1.5 * chance ? "stuck at chance" : "above chance")
    return
      "the loss is \(what): \(formatNumber(Float(now))) after \(grouped(step)) steps, where guessing has "
      + "\(fixed(chance, 2)); another learning rate or initializer may help"
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
