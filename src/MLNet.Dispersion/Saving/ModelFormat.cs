using System.Globalization;

namespace MLNet.Dispersion;

/// <summary>One kind of saved model of ours: the names by which ML.NET recognises it, and the version of what follows.</summary>
/// <param name="Name">What messages call the model.</param>
/// <param name="Signature">Eight characters at the head of Model.key.</param>
/// <param name="LoaderSignature">The name under which the loader is registered; at most 24 characters.</param>
/// <param name="Version">Raised whenever an older build could not read what is written.</param>
/// <param name="HeaderVersion">The same for ML.NET's own header.</param>
internal sealed record ModelFormat(string Name, string Signature, string LoaderSignature, int Version, uint HeaderVersion)
{
    /// <summary>Begins a saved model: ML.NET's header.</summary>
    internal void Begin(SaveContext context) => context.SetVersion(Signature, HeaderVersion, LoaderSignature, typeof(ModelFormat).Assembly);

    /// <summary>Reads what follows the version in Model.key, after a look at the version.</summary>
    /// <exception cref="FormatException">It was written by a newer version, or is damaged.</exception>
    internal T Read<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        try
        {
            int version = reader.ReadInt32();
            return version == Version ? read(reader) : throw new FormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"The {Name} in this model file has format version {version}; this build of MLNet.Dispersion reads version {Version}. Load it with the version that saved it or a newer one."));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException)
        {
            throw new FormatException($"The model file is damaged: the header of the {Name} (Model.key) cannot be read ({e.Message}). Save the model again, or fetch the file again.", e);
        }
    }

    /// <summary>Fails, for <see cref="Read"/> to tell, where a value of the header cannot be.</summary>
    internal static void Require(bool good, string found)
    {
        if (!good)
        {
            throw new InvalidDataException($"it speaks of {found}");
        }
    }
}
