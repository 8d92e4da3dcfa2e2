using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>BERT: an encoder in both directions, with its pooler where the checkpoint has one. Parameters are named as in Hugging Face's BertModel.</summary>
internal sealed class BertBackbone : LanguageBackbone
{
    private const string Prefix = "bert.";
    private const string PoolerName = "pooler.";
    private static readonly string[] HeadNames = ["cls.", "classifier.", "qa_outputs."];
    private readonly BertEmbeddings embeddings;
    private readonly BertEncoder encoder;
    private readonly BertDense? pooler;

    internal BertBackbone(BertConfig config, BackboneInfo info, bool hasPooler)
        : base(info)
    {
        embeddings = new BertEmbeddings(Context, config);
        encoder = new BertEncoder(Context, config);
        pooler = hasPooler ? new BertDense(Context, config.HiddenSize, config.HiddenSize) : null;
        RegisterComponents();
    }

    internal static BertBackbone Create(ConfigReader reader)
    {
        var config = BertConfig.Read(reader);
        bool hasPooler = reader.TensorNames?.Value.Any(name => WithoutPrefix(name).StartsWith(PoolerName, StringComparison.Ordinal)) ?? true;
        return new BertBackbone(config, reader.Info(config.VocabularySize, config.HiddenSize, config.LayerCount, config.ContextLength), hasPooler);
    }

    /// <inheritdoc/>
    internal override Parameter TokenEmbeddingWeight => embeddings.Words.Weight;

    /// <inheritdoc/>
    protected internal override string? ArchitectureName => "BertModel";

    /// <inheritdoc/>
    public override BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection hiddenStates) =>
        Forward(inputIds, attentionMask, tokenTypeIds: null, hiddenStates);

    /// <inheritdoc/>
    public override BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, Tensor? tokenTypeIds, HiddenStateSelection hiddenStates)
    {
        CheckInput(inputIds, attentionMask);
        if (training)
        {
            // The weights are about to change.
            Context.Copies.Drop();
        }

        // As in the decoders: checkpointed blocks need the mask once more in the backward pass.
        using var scope = Context.ActivationCheckpointing ? null : NewDisposeScope();
        Tensor? allowed = attentionMask?.view(-1, 1, 1, attentionMask.shape[1]);
        BackboneOutput output = encoder.Forward(embeddings.Forward(inputIds, attentionMask, tokenTypeIds), allowed, hiddenStates);
        scope?.MoveToOuter([.. output.HiddenStates.OfType<Tensor>().Append(output.LastHiddenState).Distinct<Tensor>(ReferenceEqualityComparer.Instance)]);
        return output;
    }

    /// <summary>The pooler's output for the first token, <c>[CLS]</c>, or that token's state where there is no pooler.</summary>
    public override Tensor Summary(Tensor lastHiddenState, IReadOnlyList<int> lengths)
    {
        using var scope = NewDisposeScope();
        Tensor first = lastHiddenState.select(1, 0);
        Tensor summary = pooler is null ? first : pooler.Forward(first).to(ScalarType.Float32).tanh();
        return summary.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected internal override string ParameterName(string tensorName)
    {
        // Files converted from the first TensorFlow checkpoints call a norm's weights gamma and beta.
        string name = WithoutPrefix(tensorName);
        return name.EndsWith("LayerNorm.gamma", StringComparison.Ordinal) ? name[..^"gamma".Length] + "weight"
            : name.EndsWith("LayerNorm.beta", StringComparison.Ordinal) ? name[..^"beta".Length] + "bias"
            : name;
    }

    /// <inheritdoc/>
    protected internal override bool IsIgnorable(string tensorName) =>
        tensorName.EndsWith(".position_ids", StringComparison.Ordinal) || HeadNames.Any(head => tensorName.StartsWith(head, StringComparison.Ordinal));

    private static string WithoutPrefix(string tensorName) => tensorName.StartsWith(Prefix, StringComparison.Ordinal) ? tensorName[Prefix.Length..] : tensorName;
}
