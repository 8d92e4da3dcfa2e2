using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A transformer with a language-model head that is its own or tied to the token embedding.</summary>
/// <param name="info">Its description.</param>
/// <param name="trunkName">The name that the checkpoint's tensors of the trunk begin with; some files leave it out.</param>
/// <param name="headName">The name of the head in the checkpoint.</param>
/// <param name="bufferEndings">Endings of tensor names that are no parameters.</param>
internal abstract class TransformerBackbone(BackboneInfo info, string trunkName, string headName, IReadOnlyList<string> bufferEndings) : CausalLMBackbone(info)
{
    protected abstract ITransformerTrunk Trunk { get; }

    /// <summary>The head; null when it is tied.</summary>
    protected abstract ProjectionLayer? Head { get; }

    /// <inheritdoc/>
    public override BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection hiddenStates)
    {
        CheckInput(inputIds, attentionMask);
        if (training)
        {
            // The weights are about to change.
            Context.Copies.Drop();
        }

        // The scope keeps every intermediate tensor alive until its last call has returned, whatever the garbage collector does meanwhile.
        // Checkpointed blocks need masks and position tables once more in the backward pass: these then live as long as the caller's scope.
        using var scope = Context.ActivationCheckpointing ? null : NewDisposeScope();
        BackboneOutput output = Trunk.Forward(inputIds, attentionMask, hiddenStates, pass: null);
        scope?.MoveToOuter([.. output.HiddenStates.OfType<Tensor>().Append(output.LastHiddenState).Distinct<Tensor>(ReferenceEqualityComparer.Instance)]);
        return output;
    }

    /// <inheritdoc/>
    internal override Parameter? TokenEmbeddingWeight => Trunk.TokenEmbedding.Weight;

    /// <inheritdoc/>
    internal override bool NeedsPaddingMask => false;

    /// <inheritdoc/>
    internal override KeyValueCache CreateCache(int rows, int capacity) => new(Info.LayerCount, rows, capacity, Info.ContextLength);

    /// <inheritdoc/>
    internal override Tensor Continue(KeyValueCache cache, Tensor inputIds, Tensor? attentionMask)
    {
        CheckInput(inputIds, attentionMask);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        CachedPass pass = cache.Begin((int)inputIds.shape[0], (int)inputIds.shape[1], new CausalMask(attentionMask).Lengths);
        Tensor states = Trunk.Forward(inputIds, attentionMask, HiddenStateSelection.None, pass).LastHiddenState;
        pass.Complete();
        return states.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Logits(Tensor lastHiddenState)
    {
        using var scope = NewDisposeScope();
        Tensor logits = Head is null ? Trunk.TokenEmbedding.Head(lastHiddenState) : Head.Forward(lastHiddenState).to(ScalarType.Float32);
        return logits.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected internal override Tensor? HeadWeight => Head is null ? Trunk.TokenEmbedding.Weight : Head.Update is null ? Head.Weight : null;

    /// <inheritdoc/>
    internal override Parameter? OwnHead => Head?.Weight;

    /// <inheritdoc/>
    protected internal override string ParameterName(string tensorName) =>
        tensorName.StartsWith(trunkName + ".", StringComparison.Ordinal) || tensorName.StartsWith(headName + ".", StringComparison.Ordinal)
            ? tensorName
            : $"{trunkName}.{tensorName}";

    /// <inheritdoc/>
    protected internal override bool IsIgnorable(string tensorName) =>
        bufferEndings.Any(buffer => tensorName.EndsWith(buffer, StringComparison.Ordinal)) || (Head is null && tensorName == headName + ".weight");
}
