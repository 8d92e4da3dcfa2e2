namespace MLNet.Dispersion;

/// <summary>Makes the token blocks that <see cref="LanguageModelTrainer"/> trains on of texts.</summary>
public static class TrainingBlocks
{
    /// <summary>Texts laid end to end, each closed by the end-of-sequence token, and cut into blocks of one length; the rest makes a shorter one.</summary>
    /// <param name="model">The model, with its tokenizer.</param>
    /// <param name="texts">The texts, read once; null and blank ones are left out.</param>
    /// <param name="blockLength">Tokens of a block; null for the model's context length. At least 2; at most the context.</param>
    /// <param name="separated">Whether the end-of-sequence token closes each text. Default true; false as in the published experiments, which say nowhere where a line ends.</param>
    /// <returns>The blocks; none where there are not two tokens.</returns>
    /// <exception cref="ArgumentException">The block length is outside its range, or the model names no token that ends a text where one is needed.</exception>
    /// <exception cref="ModelFileException">The model has no tokenizer, or a damaged one.</exception>
    public static IReadOnlyList<int[]> Packed(PretrainedLanguageModel model, IEnumerable<string?> texts, int? blockLength = null, bool separated = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(texts);
        int length = Length(model, blockLength);
        var packer = new TextPacker(length, separated ? Separator(model, nameof(model)) : null, keepRemainder: true);
        return [.. packer.Pack(Contents(model, texts))];
    }

    /// <summary>A block for each text: the token that begins texts, the text, the end-of-sequence token; what is longer is cut off.</summary>
    /// <param name="model">The model, with its tokenizer.</param>
    /// <param name="texts">The texts, read once; null and blank ones are left out.</param>
    /// <param name="maxTokens">The most tokens of a block; null for the model's context length. At least 2; at most the context.</param>
    /// <exception cref="ArgumentException">The length is outside its range, or the model names no token that ends a text.</exception>
    /// <exception cref="ModelFileException">The model has no tokenizer, or a damaged one.</exception>
    public static TextBlocks OnePerText(PretrainedLanguageModel model, IEnumerable<string?> texts, int? maxTokens = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(texts);
        int length = Length(model, maxTokens);
        int end = Separator(model, nameof(model));
        int[] frame = TokenFrame.Of(model.Tokenizer).Before;
        int[] before = frame.Length > 0 ? frame : [model.Tokenizer.BosTokenId ?? model.Backbone.Info.BosTokenId ?? end];
        int[][] blocks = [.. Contents(model, texts).Where(content => content.Length > 0).Select(content => (int[])[.. before, .. content, end])];
        return new TextBlocks
        {
            Blocks = [.. blocks.Select(block => block.Length > length ? block[..length] : block)],
            TruncatedTexts = blocks.Count(block => block.Length > length),
        };
    }

    private static IEnumerable<int[]> Contents(PretrainedLanguageModel model, IEnumerable<string?> texts)
    {
        TokenFrame frame = TokenFrame.Of(model.Tokenizer);
        return texts.Where(text => !string.IsNullOrWhiteSpace(text)).Select(text => frame.Content(model.Tokenizer, text));
    }

    private static int Separator(PretrainedLanguageModel model, string parameter) =>
        model.Tokenizer.EosTokenId ?? model.Backbone.Info.EosTokenId
        ?? throw new ArgumentException($"The model '{model.Name}' names no end-of-sequence token, which closes every text. Add eos_token to its tokenizer_config.json.", parameter);

    private static int Length(PretrainedLanguageModel model, int? blockLength)
    {
        int context = model.Backbone.Info.ContextLength;
        int length = blockLength ?? context;
        return length >= 2 && length <= context
            ? length
            : throw new ArgumentOutOfRangeException(nameof(blockLength), length, FormattableString.Invariant($"Blocks of {length} tokens are asked for; they must have from 2 to the {context} that the context of '{model.Name}' holds."));
    }
}
