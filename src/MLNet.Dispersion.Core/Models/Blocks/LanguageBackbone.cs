using System.Text.Json.Nodes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MLNet.Dispersion.Models;

/// <summary>A language model without any loss: token ids in, hidden states out. Causal ones (<see cref="CausalLMBackbone"/>) predict the next token as well, encoders such as BERT do not.</summary>
/// <remarks>
/// Parameter names are those of the Hugging Face checkpoint, so <c>named_parameters()</c> is the weight map.
/// In evaluation mode forward passes may run concurrently; training must have the backbone for itself. The owner disposes it.
/// </remarks>
public abstract class LanguageBackbone : nn.Module
{
    /// <summary>Creates the backbone.</summary>
    /// <param name="info">Its description.</param>
    protected LanguageBackbone(BackboneInfo info)
        : base((info ?? throw new ArgumentNullException(nameof(info))).ModelType)
    {
        Info = info;
        EndTokenIds = info.EosTokenId is { } end ? [end] : [];
    }

    /// <summary>Gets what the backbone says of itself.</summary>
    public BackboneInfo Info { get; }

    /// <summary>The tokens that end a text: all that config.json names, also those beyond the vocabulary, which no text has.</summary>
    internal IReadOnlyList<int> EndTokenIds { get; set; }

    /// <summary>
    /// The type in which matrix products and attention run: <see cref="ScalarType.Float32"/> (default) or <see cref="ScalarType.BFloat16"/>
    /// (mixed precision: weights, norms, residual stream and hidden states stay float32, operands are cast on the fly).
    /// </summary>
    public ScalarType ComputeType
    {
        get => Context.ComputeType;
        set => Context.ComputeType = value;
    }

    /// <summary>The generator that dropout masks are drawn from in training; with null there is no dropout, whatever the configuration says.</summary>
    public Generator? DropoutGenerator
    {
        get => Context.DropoutGenerator;
        set => Context.DropoutGenerator = value;
    }

    /// <summary>Replaces every dropout probability of the configuration; null (default) leaves them. At least 0 and below 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside this range.</exception>
    public double? DropoutProbability
    {
        get => Context.DropoutProbability;
        set => Context.DropoutProbability = value is null or (>= 0 and < 1)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A dropout probability must be at least 0 and below 1.");
    }

    /// <summary>
    /// Activation checkpointing in training: blocks keep their input alone and run again in the backward pass, which takes the time of one more forward pass and leaves one block's activations in memory instead of all.
    /// Default false. Backbones of your own may leave it without effect.
    /// </summary>
    public bool ActivationCheckpointing
    {
        get => Context.ActivationCheckpointing;
        set => Context.ActivationCheckpointing = value;
    }

    /// <summary>Gets whether positions see only those before them and <see cref="Logits"/> predict the next token; false for encoders.</summary>
    public virtual bool IsCausal => false;

    internal ForwardContext Context { get; } = new();

    /// <summary>Keys and values of texts that were read.</summary>
    internal PrefixCache Prefixes { get; } = new();

    /// <summary>Frees what was made from the weights: they are about to change, or to go.</summary>
    internal void Forget()
    {
        Context.Copies.Drop();
        Prefixes.Drop();
    }

    /// <summary>Checks that every parameter holds its values, and none is in the blocks of a file instead.</summary>
    /// <param name="what">What needs them, as the subject of a sentence.</param>
    /// <exception cref="NotSupportedException">Some are in blocks.</exception>
    internal void RequireValues(string what)
    {
        if (!Context.Blocks.IsEmpty)
        {
            throw new NotSupportedException($"{what} needs the weights as numbers, and this model holds matrices as the blocks of its GGUF file, to write and to score with. Load it without ModelLoadOptions.KeepQuantized.");
        }
    }

    /// <summary>The table of token embeddings, which training may reset and whose output it may disturb; null (default) where neither is possible.</summary>
    internal virtual EmbeddingTable? Tokens => null;

    /// <summary>The matrix of <see cref="Tokens"/>.</summary>
    internal Parameter? TokenEmbeddingWeight => Tokens?.Weight;

    /// <summary>Whether there is a language-model head: causal networks have one, but where the files hold none.</summary>
    internal virtual bool PredictsTokens => IsCausal;

    /// <summary>Whether <see cref="Summary"/> is a pooler's output.</summary>
    internal virtual bool HasPooler => false;

    /// <summary>The heads of tasks that the family's files may hold beside the network; empty (default) for none.</summary>
    internal virtual IReadOnlyList<HeadSpec> Heads => [];

    /// <summary>Whether a real token's state may depend on the mask of the pads to its right; false where the causal rule alone keeps them out, bit for bit.</summary>
    internal virtual bool NeedsPaddingMask => true;

    /// <summary>The most tokens of a sequence that is read: the context length, but where an architecture knows no end.</summary>
    internal virtual int LongestSequence => Info.ContextLength;

    /// <summary>What is put beside the weights and freed with the backbone: the low-rank adapter, or null.</summary>
    internal IDisposable? Attachment { get; set; }

    /// <summary>The layers that LoRA adapts unless told otherwise, by the ends of their names; empty where there is no default.</summary>
    protected internal virtual IReadOnlyList<string> LoraTargets => [];

    /// <summary>The weights of a language-model head that no other part uses; null where the head is tied to the embedding, or unknown.</summary>
    internal virtual Parameter? OwnHead => null;

    /// <summary>The name of a head that is tied to the token embedding, such as <c>lm_head</c>; null where the head is its own, or there is none.</summary>
    internal virtual string? TiedHeadName => null;

    /// <summary>The name of the token embedding; null (default) where nobody needs it.</summary>
    internal virtual string? TableName => null;

    /// <summary>A head that an adapter puts in the place of the tied one; null (default) for none. It stays the adapter's until <see cref="Untie"/>.</summary>
    internal ProjectionLayer? HeadInstead { get; set; }

    /// <summary>Makes <see cref="HeadInstead"/> the network's own head for good, config.json included.</summary>
    internal virtual void Untie() => throw new NotSupportedException($"A backbone of type {Info.ModelType} has no tied head.");

    /// <summary>The config.json that it was made from, by which it is saved again.</summary>
    internal JsonObject? Config { get; set; }

    /// <summary>Runs the transformer.</summary>
    /// <param name="inputIds">Token ids, <c>[B, L]</c>, int64, each in 0..V-1; L at most <see cref="BackboneInfo.ContextLength"/>.</param>
    /// <param name="attentionMask">Which tokens are real, <c>[B, L]</c>, bool, those of a row in one run with padding on either side or both; null when all are.</param>
    /// <param name="hiddenStates">Which hidden states to keep.</param>
    /// <returns>The last hidden state and those asked for, float32.</returns>
    /// <exception cref="ArgumentException">A shape or type is wrong, or the sequences are longer than the context.</exception>
    public abstract BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, HiddenStateSelection hiddenStates);

    /// <summary>Runs the transformer on pairs of texts.</summary>
    /// <param name="inputIds">Token ids, as above.</param>
    /// <param name="attentionMask">Which tokens are real, as above.</param>
    /// <param name="tokenTypeIds">Which text of the pair each token belongs to, <c>[B, L]</c>, int64; null when all belong to the first. Decoders have no use for it.</param>
    /// <param name="hiddenStates">Which hidden states to keep.</param>
    /// <returns>The last hidden state and those asked for, float32.</returns>
    /// <exception cref="ArgumentException">A shape or type is wrong, or the sequences are longer than the context.</exception>
    public virtual BackboneOutput Forward(Tensor inputIds, Tensor? attentionMask, Tensor? tokenTypeIds, HiddenStateSelection hiddenStates) =>
        Forward(inputIds, attentionMask, hiddenStates);

    /// <summary>Whether rows may hold several texts, none of which sees another (<see cref="ForwardPacked"/>). Default false.</summary>
    internal virtual bool ReadsPackedTexts => false;

    /// <summary>Runs the transformer on rows of several texts each, as if each text were a row of its own.</summary>
    /// <param name="inputIds">Token ids, as above.</param>
    /// <param name="attentionMask">Which tokens are real, as above.</param>
    /// <param name="texts">Where the texts lie.</param>
    /// <param name="hiddenStates">Which hidden states to keep.</param>
    internal virtual BackboneOutput ForwardPacked(Tensor inputIds, Tensor? attentionMask, PackedTexts texts, HiddenStateSelection hiddenStates) =>
        throw new NotSupportedException($"A backbone of type {Info.ModelType} cannot keep texts apart that share a row: only the built-in decoders can. Train without packing.");

    /// <summary>One vector for each text, as classifiers and regressors see it: here the state of the last real token, which has seen all others.</summary>
    /// <param name="lastHiddenState"><c>[B, L, F]</c>, float32.</param>
    /// <param name="lengths">Real tokens of each row, padding on the right.</param>
    /// <returns><c>[B, F]</c>, float32.</returns>
    public virtual Tensor Summary(Tensor lastHiddenState, IReadOnlyList<int> lengths)
    {
        ArgumentNullException.ThrowIfNull(lastHiddenState);
        ArgumentNullException.ThrowIfNull(lengths);
        using var scope = NewDisposeScope();
        long[] last = [.. lengths.Select(length => length - 1L)];
        var index = tensor(last, device: lastHiddenState.device).view(-1, 1, 1).expand(-1, 1, lastHiddenState.shape[2]);
        return lastHiddenState.gather(1, index).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>The pooler's output for states of first tokens, <c>[B, F]</c>, float32; the states themselves where there is none.</summary>
    internal virtual Tensor Pooled(Tensor first) => first;

    /// <summary>An empty cache for <see cref="Continue"/>, which the caller disposes; null (default) where sequences can only be read whole.</summary>
    /// <param name="rows">Sequences that are read side by side.</param>
    /// <param name="capacity">Columns that there is room for: tokens of the longest row of each pass, added up.</param>
    internal virtual KeyValueCache? CreateCache(int rows, int capacity) => null;

    /// <summary>Whether the states of tokens behind a cache are those of a whole pass, however long the text grows. Default false.</summary>
    internal virtual bool KeepsStates => false;

    /// <summary>Reads on, without gradients and in evaluation mode, behind the tokens in a cache, and adds the new ones to it.</summary>
    /// <param name="cache">From <see cref="CreateCache"/>.</param>
    /// <param name="inputIds">The new token ids, <c>[B, L]</c>, int64.</param>
    /// <param name="attentionMask">Which of them are real, <c>[B, L]</c>, bool, those of a row in one run; null when all are.</param>
    /// <returns>The final norm's output for the new tokens, <c>[B, L, F]</c>, float32.</returns>
    /// <exception cref="ArgumentException">As with <see cref="Forward(Tensor, Tensor?, HiddenStateSelection)"/>, or the cache has no room.</exception>
    internal virtual Tensor Continue(KeyValueCache cache, Tensor inputIds, Tensor? attentionMask) =>
        throw new NotSupportedException($"A backbone of type {Info.ModelType} keeps no keys and values.");

    /// <summary>The language-model head.</summary>
    /// <param name="lastHiddenState">Final hidden states, <c>[..., F]</c>, float32.</param>
    /// <returns>Logits <c>[..., V]</c>, float32; position t speaks of token t + 1.</returns>
    /// <exception cref="NotSupportedException">It is an encoder.</exception>
    public virtual Tensor Logits(Tensor lastHiddenState) =>
        throw new NotSupportedException($"A backbone of type {Info.ModelType} is an encoder: it has no language-model head. Take a causal model, such as GPT-2.");

    /// <summary>The head's matrix <c>[V, F]</c> where logits are no more than its product with the hidden states: training then computes the loss without ever holding all logits. Null (default) where they are more.</summary>
    protected internal virtual Tensor? HeadWeight => null;

    /// <summary>The Hugging Face class that reads the saved weights, such as <c>GPT2LMHeadModel</c>; null (default) keeps what config.json says.</summary>
    protected internal virtual string? ArchitectureName => null;

    /// <summary>Numbers that a saved config.json gets where it lacks them. Default none.</summary>
    internal virtual IReadOnlyDictionary<string, double> SavedNumbers => new Dictionary<string, double>();

    /// <summary>The family's own class of Hugging Face's, by which those of heads are called; null (default) where it is unknown.</summary>
    internal virtual string? FamilyName => ArchitectureName;

    /// <summary>The name of this backbone's parameter for a checkpoint's tensor: adds the prefix that some files on the hub leave out.</summary>
    /// <param name="tensorName">The name in the file.</param>
    protected internal virtual string ParameterName(string tensorName) => tensorName;

    /// <summary>Gets the types, such as <c>Q4_1</c>, in which the weights were stored quantised in a GGUF file; empty where they were not. In memory they are the float32 values that they stand for, on which training works, unless <see cref="ModelLoadOptions.KeepQuantized"/> was asked for.</summary>
    public IReadOnlyList<string> QuantizedTypes { get; internal set; } = [];

    /// <summary>Gets how the network is built and what its tensors are called; null (default) for a backbone that no spec describes.</summary>
    public virtual Architecture? Architecture => null;

    /// <summary>The name in saved files of a parameter, under the head that is saved with it.</summary>
    internal virtual string TensorName(string parameterName, HeadSpec? head) => parameterName;

    /// <summary>Where a parameter takes part first: 0 the embeddings, k the k-th layer, one more than there are layers what stands behind; null (default) where it is unknown.</summary>
    /// <param name="parameterName">Its name here, or that of what an adapter puts beside it.</param>
    internal virtual int? LayerOf(string parameterName) => null;

    /// <summary>The same, where it must be known.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    internal int RequireLayerOf(string parameterName) => LayerOf(parameterName)
        ?? throw new ArgumentException($"A backbone of type {Info.ModelType} does not say which layer '{parameterName}' belongs to: only the built-in architectures do. Set FineTuneOptions.FrozenLayers to 0 and LayerLearningRateDecay to 1.", nameof(parameterName));

    /// <summary>Whether a checkpoint's tensor is no parameter: a buffer such as a causal mask, or a copy of a tied weight.</summary>
    /// <param name="tensorName">The name in the file.</param>
    protected internal virtual bool IsIgnorable(string tensorName) => false;

    /// <summary>What the standard deviation of a random initial weight is multiplied by.</summary>
    /// <param name="parameterName">The parameter's name.</param>
    protected internal virtual double InitializerScale(string parameterName) => 1;

    /// <summary>Checks what goes into a forward pass.</summary>
    /// <param name="inputIds">Token ids.</param>
    /// <param name="attentionMask">The mask or null.</param>
    /// <exception cref="ArgumentException">A shape or type is wrong, an id outside the vocabulary, padding between real tokens, or the sequences are longer than the context.</exception>
    protected void CheckInput(Tensor inputIds, Tensor? attentionMask) => InputCheck.Validate(Info, LongestSequence, inputIds, attentionMask);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Forget();
            Context.Blocks.Dispose();
            Attachment?.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>Checks the input of a forward pass, since a wrong id would end in a native error far from its cause.</summary>
internal static class InputCheck
{
    internal static void Validate(BackboneInfo info, int longest, Tensor inputIds, Tensor? attentionMask)
    {
        ArgumentNullException.ThrowIfNull(inputIds);
        if (inputIds.dim() != 2 || inputIds.dtype != ScalarType.Int64 || inputIds.numel() == 0)
        {
            throw new ArgumentException($"Token ids must be int64 of shape [B, L] with at least one token; these are {inputIds.dtype} [{string.Join(", ", inputIds.shape)}].", nameof(inputIds));
        }

        long length = inputIds.shape[1];
        if (length > longest)
        {
            throw new ArgumentException($"The sequences have {length} tokens; the backbone's context holds {longest}. Cut them off or pass shorter blocks.", nameof(inputIds));
        }

        using var scope = NewDisposeScope();
        long smallest = inputIds.min().item<long>();
        long largest = inputIds.max().item<long>();
        if (smallest < 0 || largest >= info.VocabularySize)
        {
            throw new ArgumentException($"Token id {(smallest < 0 ? smallest : largest)} is outside the vocabulary 0..{info.VocabularySize - 1}: a text holds a token that was added to the tokenizer alone, or the tokenizer does not belong to this backbone. Take the token out of the text, or the tokenizer from the backbone's own checkpoint.", nameof(inputIds));
        }

        if (attentionMask is not null)
        {
            ValidateMask(inputIds, attentionMask);
        }
    }

    private static void ValidateMask(Tensor inputIds, Tensor attentionMask)
    {
        if (attentionMask.dtype != ScalarType.Bool || !attentionMask.shape.AsSpan().SequenceEqual(inputIds.shape))
        {
            throw new ArgumentException($"The attention mask must be bool of the ids' shape [{string.Join(", ", inputIds.shape)}]; it is {attentionMask.dtype} [{string.Join(", ", attentionMask.shape)}].", nameof(attentionMask));
        }

        // Real tokens stand in one run: no row rises from pad to real token twice, or has none.
        using Tensor real = attentionMask.to(ScalarType.Int64);
        long length = real.shape[1];
        Tensor rises = real.narrow(1, 1, length - 1).Plus(real.narrow(1, 0, length - 1).neg()).Is(1).sum(1).Plus(real.select(1, 0));
        if (!rises.Is(1).all().item<bool>())
        {
            throw new ArgumentException("Padding must be on the left or on the right of a row's real tokens and not between them, and every row needs at least one real token.", nameof(attentionMask));
        }
    }
}
