using MLNet.Dispersion.Tokenization;

namespace MLNet.Dispersion.Training;

/// <summary>Turns texts into token sequences that the backbone takes: never empty, never longer than allowed. Thread-safe.</summary>
internal sealed class TextEncoder
{
    private readonly TextTokenizer _tokenizer;
    private readonly int _emptyTextId;

    internal TextEncoder(PretrainedLanguageModel model, int? maxTokens)
    {
        _tokenizer = model.Tokenizer;
        var info = model.Backbone.Info;
        MaxTokens = Math.Min(maxTokens ?? info.ContextLength, info.ContextLength);
        _emptyTextId = _tokenizer.EosTokenId ?? _tokenizer.BosTokenId ?? info.EosTokenId ?? info.BosTokenId ?? 0;
    }

    /// <summary>The most tokens of one text.</summary>
    internal int MaxTokens { get; }

    /// <summary>Encodes each text; one without any token becomes the end-of-sequence token alone.</summary>
    internal int[][] Encode(IReadOnlyList<string?> texts, out int truncated)
    {
        var sequences = new int[texts.Count][];
        truncated = 0;
        for (int i = 0; i < sequences.Length; i++)
        {
            string? text = string.IsNullOrWhiteSpace(texts[i]) ? null : texts[i];
            var encoded = _tokenizer.Encode(text, MaxTokens);
            sequences[i] = encoded.Ids.Length == 0 ? [_emptyTextId] : encoded.Ids;
            truncated += encoded.Truncated ? 1 : 0;
        }

        return sequences;
    }
}
