namespace MLNet.Dispersion.Persistence;

/// <summary>The names by which ML.NET recognises a saved model of ours, and the version of what follows.</summary>
internal static class ModelFormat
{
    /// <summary>Eight characters at the head of Model.key.</summary>
    internal const string Signature = "DISPTXTC";

    /// <summary>The name under which the loader is registered; at most 24 characters.</summary>
    internal const string LoaderSignature = "DispersionTextClass";

    /// <summary>Raised whenever an older build could not read what is written.</summary>
    internal const int Version = 1;

    /// <summary>The same for ML.NET's own header.</summary>
    internal const uint HeaderVersion = 0x00010001;
}
