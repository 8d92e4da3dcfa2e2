using System.Globalization;
using System.Runtime.InteropServices;

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
        return [.. Pack(model, texts, Length(model, blockLength), separated)];
    }

    /// <summary>Blocks of texts, as <see cref="Packed"/> or <see cref="OnePerText"/> make them, of more text than memory holds.</summary>
    /// <param name="model">The model, with its tokenizer.</param>
    /// <param name="texts">The texts, such as <see cref="StoredTexts"/>; null and blank ones are left out.</param>
    /// <param name="training">How they will be trained on: the most tokens of a block (<see cref="FineTuneOptions.MaxSequenceLength"/>; null for the context), and what decides where blocks are kept (<see cref="FineTuneOptions.DataMemoryBytes"/>).</param>
    /// <param name="packed">Whether texts are laid end to end; else each has a block. Default true.</param>
    /// <param name="separated">Whether the end-of-sequence token closes each text that is packed. Default true.</param>
    /// <param name="validation">Texts to choose the best weights by, whose blocks stand behind the others (<see cref="FineTuneOptions.ValidationRows"/>); null (default) for none.</param>
    /// <param name="exampleWeights">How much each text counts, at least 0: first those of <paramref name="texts"/>, then those of <paramref name="validation"/>, blank ones included; null (default) where all count the same.</param>
    /// <returns>The blocks, as column 0 of rows that the caller disposes behind the training; with weights, <see cref="TokenWeights"/> reads those of their tokens. Their notes are how many texts were cut off, and how many of the blocks are of the validation's texts.</returns>
    /// <exception cref="ArgumentException">The length is outside its range, or the model names no token that ends a text where one is needed.</exception>
    /// <exception cref="ModelFileException">The model has no tokenizer, or a damaged one; or a file of blocks cannot be written.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A weight is negative or no finite number.</exception>
    public static StoredRows Stored(PretrainedLanguageModel model, IReadOnlyList<string?> texts, FineTuneOptions training, bool packed = true, bool separated = true, IReadOnlyList<string?>? validation = null, IReadOnlyList<float>? exampleWeights = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(training);
        ExampleWeights.Check(texts.Count + (validation?.Count ?? 0), exampleWeights);
        int length = Length(model, Math.Min(training.MaxSequenceLength ?? int.MaxValue, model.Backbone.Info.ContextLength));
        return StoredRows.Make(
            training.Storage,
            columns: exampleWeights is null ? 1 : 2,
            Key,
            rows =>
            {
                int truncated = 0;
                Add(texts, start: 0);
                int learnt = rows.Count;
                Add(validation ?? [], texts.Count);
                rows.Notes = [truncated, rows.Count - learnt];

                void Add(IReadOnlyList<string?> some, int start)
                {
                    // With weights, token and weight in turns, so that both are laid into blocks alike.
                    int stride = rows.Columns;
                    IEnumerable<int[]> laid = (packed ? Closed(model, some, separated) : Framed(model, some)).Select(text => exampleWeights is null ? text.Tokens : InTurns(text.Tokens, exampleWeights[start + text.Text]));
                    foreach (int[] block in packed ? new TextPacker(stride * length, separatorId: null, keepRemainder: true).Pack(laid) : laid)
                    {
                        truncated += block.Length > stride * length ? 1 : 0;
                        int tokens = Math.Min(length, block.Length / stride);
                        if (tokens >= 2)
                        {
                            rows.Add([.. Enumerable.Range(0, stride).Select(column => Column(block, tokens, stride, column))]);
                        }
                    }
                }
            });

        static int[] Column(int[] block, int tokens, int stride, int column) => stride == 1 ? block[..tokens] : [.. Enumerable.Range(0, tokens).Select(token => block[(stride * token) + column])];

        static int[] InTurns(int[] tokens, float weight) => [.. tokens.SelectMany(token => new[] { token, BitConverter.SingleToInt32Bits(weight) })];

        string Key()
        {
            string how = FormattableString.Invariant($"blocks {length} {packed} {separated}");
            return exampleWeights is null
                ? RowKey.Of(model, how, texts, validation ?? [])
                : RowKey.Of(model, how, texts, validation ?? [], exampleWeights.Select(weight => weight.ToString("R", CultureInfo.InvariantCulture)));
        }
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
        int[][] blocks = [.. Apart(model, texts)];
        return new TextBlocks
        {
            Blocks = [.. blocks.Select(block => block.Length > length ? block[..length] : block)],
            TruncatedTexts = blocks.Count(block => block.Length > length),
        };
    }

    /// <summary>How much each token of weighted blocks counts, for <see cref="LanguageModelTrainer.Train"/>: as much as its text.</summary>
    /// <param name="blocks">What <see cref="Stored"/> made with weights; must outlive the answer.</param>
    /// <returns>A list for each block, a number for each of its tokens; null where no weights were given.</returns>
    public static IReadOnlyList<float[]>? TokenWeights(StoredRows blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        return blocks.Columns < 2 ? null : new LazyList<float[]>(blocks.Count, block => MemoryMarshal.Cast<int, float>(blocks.Column(1)[block].AsSpan()).ToArray());
    }

    private static IEnumerable<int[]> Pack(PretrainedLanguageModel model, IEnumerable<string?> texts, int length, bool separated) =>
        new TextPacker(length, separated ? Separator(model, nameof(model)) : null, keepRemainder: true).Pack(Contents(model, texts).Select(content => content.Tokens));

    private static IEnumerable<int[]> Apart(PretrainedLanguageModel model, IEnumerable<string?> texts) => Framed(model, texts).Select(text => text.Tokens);

    /// <summary>Texts with the token that begins them and the one that ends them.</summary>
    private static IEnumerable<(int Text, int[] Tokens)> Framed(PretrainedLanguageModel model, IEnumerable<string?> texts)
    {
        int end = Separator(model, nameof(model));
        int[] frame = TokenFrame.Of(model.Tokenizer).Before;
        int[] before = frame.Length > 0 ? frame : [model.Tokenizer.BosTokenId ?? model.Backbone.Info.BosTokenId ?? end];
        return Contents(model, texts).Select(content => (content.Text, (int[])[.. before, .. content.Tokens, end]));
    }

    /// <summary>Texts with the token that ends them, where they are kept apart.</summary>
    private static IEnumerable<(int Text, int[] Tokens)> Closed(PretrainedLanguageModel model, IEnumerable<string?> texts, bool separated)
    {
        int[] end = separated ? [Separator(model, nameof(model))] : [];
        return Contents(model, texts).Select(content => (content.Text, (int[])[.. content.Tokens, .. end]));
    }

    /// <summary>The tokens of texts that have any, with their numbers.</summary>
    private static IEnumerable<(int Text, int[] Tokens)> Contents(PretrainedLanguageModel model, IEnumerable<string?> texts)
    {
        TokenFrame frame = TokenFrame.Of(model.Tokenizer);
        return texts.Index().Where(text => !string.IsNullOrWhiteSpace(text.Item)).Select(text => (text.Index, frame.Content(model.Tokenizer, text.Item!))).Where(content => content.Item2.Length > 0);
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
