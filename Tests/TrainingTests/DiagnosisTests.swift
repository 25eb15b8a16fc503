// What looks wrong with a training is said; what looks well is not.

import Foundation
import Telemetry
import Testing

@testable import Training

@Suite struct DiagnosisTests {
  private func step(_ step: Int, loss: Double, accuracy: Double) -> StepRecord {
    StepRecord(step: step, epoch: 1, loss: loss, accuracy: accuracy, learningRate: 0.1, images: 64)
  }

  private func norm(_ step: Int, _ value: Double) -> MeasureRecord {
    MeasureRecord(step: step, epoch: 1, values: [.init("gradient_norm", value)])
  }

  @Test func aLossThatStaysAtChanceIsSaidAfterAWhile() {
    var diagnosis = Diagnosis(classes: 10, hasChance: true)
    for index in 1...199 {
      diagnosis.look(at: step(index, loss: 2.31, accuracy: 0.1))
      #expect(diagnosis.sentence == nil)
    }
    diagnosis.look(at: step(200, loss: 2.31, accuracy: 0.1))
    #expect(
      diagnosis.sentence
        == "the loss is stuck at chance: 2.31 after 200 steps, where guessing has 2.30; another learning rate or initializer may help"
    )
    // It learns after all.
    for index in 201...400 { diagnosis.look(at: step(index, loss: 1.2, accuracy: 0.6)) }
    #expect(diagnosis.sentence == nil)
  }

  @Test func aNetThatLearnsOrWhoseLossHasNoChanceIsLeftAlone() {
    for (hasChance, loss) in [(true, 0.5), (false, 2.31)] {
      var diagnosis = Diagnosis(classes: 10, hasChance: hasChance)
      for index in 1...500 { diagnosis.look(at: step(index, loss: loss, accuracy: 0.1)) }
      #expect(diagnosis.sentence == nil)
    }
  }

  @Test func anExplodingGradientIsSaidWhileItLasts() {
    var diagnosis = Diagnosis(classes: 10, hasChance: true)
    for index in 1...8 { diagnosis.look(at: norm(32 * index, 2)) }
    #expect(diagnosis.sentence == nil)
    diagnosis.look(at: norm(288, 500))
    #expect(
      diagnosis.sentence
        == "the gradient explodes: its norm is 500 at step 288, usually 2.00; a lower learning rate or training.clip.norm may help"
    )
    diagnosis.look(at: norm(320, 3))
    #expect(diagnosis.sentence == nil)
    // A net that has learned: a hundred times next to nothing.
    for index in 11...50 { diagnosis.look(at: norm(32 * index, 1e-6)) }
    diagnosis.look(at: norm(1632, 1e-4))
    #expect(diagnosis.sentence == nil)
  }
}
