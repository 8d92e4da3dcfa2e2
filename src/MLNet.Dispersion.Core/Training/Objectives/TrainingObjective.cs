using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion;

/// <summary>What a backbone is trained for: turns a forward pass into the task's loss.</summary>
internal abstract class TrainingObjective
{
    /// <summary>What the objective adds to the backbone, such as a head's weights.</summary>
    internal virtual IReadOnlyList<Parameter> HeadParameters => [];

    /// <summary>The hidden states that the loss looks at beside the last one, by index 0..N.</summary>
    internal virtual IEnumerable<int> HiddenStates => [];

    /// <summary>The objective whose loss is measured on held-out rows.</summary>
    internal virtual TrainingObjective ForValidation => this;

    /// <summary>Computes the task loss of a micro-batch.</summary>
    /// <param name="backbone">Made the pass.</param>
    /// <param name="output">The pass.</param>
    /// <param name="inputIds">What went in, <c>[B, L]</c>.</param>
    /// <param name="batch">What is to be predicted.</param>
    internal abstract TaskLoss Compute(LanguageBackbone backbone, BackboneOutput output, Tensor inputIds, TaskBatch batch);
}
