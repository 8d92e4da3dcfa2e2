using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>Models of n-grams as files in saved models.</summary>
internal static class LexicalFile
{
    /// <summary>The name of the file.</summary>
    internal const string Name = "lexical.zip";

    /// <summary>Writes a model, as ML.NET writes models.</summary>
    internal static void Write(MLContext ml, ITransformer model, Stream stream)
    {
        using var buffer = new MemoryStream();
        ml.Model.Save(model, null, buffer);
        buffer.Position = 0;
        buffer.CopyTo(stream);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="source">Where it lies.</param>
    /// <param name="fileName">Its name.</param>
    /// <param name="make">Makes of it what it is to be, and tries it.</param>
    /// <exception cref="ModelFileException">The file is missing, or is no such model.</exception>
    internal static T Read<T>(FileSource source, string fileName, Func<MLContext, ITransformer, T> make)
    {
        using var buffer = new MemoryStream(source.ReadAllBytes(fileName));
        var ml = new MLContext(seed: 1);
        try
        {
            return make(ml, ml.Model.Load(buffer, out _));
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or InvalidOperationException or ArgumentException)
        {
            throw new ModelFileException(source.Describe(fileName), $"The model of n-grams in it cannot be read ({e.Message}). Save the model again, or fetch the file again.", innerException: e);
        }
    }

    /// <summary>Runs a model over texts.</summary>
    internal static IDataView Transform(MLContext ml, ITransformer model, IReadOnlyList<string?> texts) =>
        model.Transform(ml.Data.LoadFromEnumerable(texts.Select(text => new TextRow { Text = text ?? string.Empty }).ToArray()));

    private sealed class TextRow
    {
        public string Text { get; set; } = "";
    }
}
