using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace MLNet.Dispersion;

/// <summary>Says of what token rows are made, so that those of an interrupted run are found again: by tokenizer, texts and the way from these to those.</summary>
internal static class RowKey
{
    private const string Form = "rows 1";

    /// <summary>SHA-256, in hexadecimal digits.</summary>
    /// <param name="model">Whose tokenizer.</param>
    /// <param name="how">All that decides what becomes of texts.</param>
    /// <param name="columns">The texts, column by column; read once.</param>
    internal static string Of(PretrainedLanguageModel model, string how, params ReadOnlySpan<IEnumerable<string?>> columns)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, Form);
        Append(hash, how);
        BackboneInfo info = model.Backbone.Info;
        Append(hash, FormattableString.Invariant($"{info.ContextLength} {info.BosTokenId} {info.EosTokenId} {info.PadTokenId}"));
        model.Tokenizer.Save(new Sink(hash));
        foreach (IEnumerable<string?> texts in columns)
        {
            Append(hash, "column");
            foreach (string? text in texts)
            {
                Append(hash, text);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string? text)
    {
        hash.AppendData(BitConverter.GetBytes(text?.Length ?? -1));
        hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    private sealed class Sink(IncrementalHash hash) : FileSink
    {
        public override void Write(string fileName, Action<Stream> write)
        {
            using var stream = new HashingStream(Stream.Null);
            write(stream);
            hash.AppendData(Encoding.UTF8.GetBytes(fileName));
            hash.AppendData(stream.TakeHash());
        }
    }
}
