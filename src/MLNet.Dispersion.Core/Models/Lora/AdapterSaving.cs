namespace MLNet.Dispersion;

/// <summary>What a saved model holds whose backbone carries a low-rank adapter.</summary>
public enum AdapterSaving
{
    /// <summary>The base's weights, the adapter and the head: the file serves anywhere, alone.</summary>
    Everything,

    /// <summary>
    /// The adapter and the head, with the name, directory and hash of the base: small files, which need the very same base where they are loaded
    /// (see <see cref="AdapterBases"/>).
    /// </summary>
    AdapterOnly,
}
