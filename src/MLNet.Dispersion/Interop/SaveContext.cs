using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML;

namespace MLNet.Dispersion;

/// <summary>The closed part of <see cref="ModelSaveContext"/>: header, main stream and further entries of the model zip.</summary>
/// <param name="context">What ML.NET hands to <see cref="ICanSaveModel.Save"/>.</param>
internal sealed class SaveContext(ModelSaveContext context)
{
    /// <summary>The writer of Model.key; it must be read back to the last byte.</summary>
    internal BinaryWriter Writer => MLNetInternals.Use("ModelSaveContext.Writer", () => WriterOf(context));

    /// <summary>Writes the header by which ML.NET finds the loader again: the assembly by its simple name, so that any build of it will do.</summary>
    /// <param name="signature">Eight characters that tell the kind of model.</param>
    /// <param name="version">The version of the format.</param>
    /// <param name="loaderSignature">The name under which the loader is registered, at most 24 characters.</param>
    /// <param name="loaderAssembly">The assembly that holds it.</param>
    internal void SetVersion(string signature, uint version, string loaderSignature, Assembly loaderAssembly)
    {
        const BindingFlags Anyhow = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DoNotWrapExceptions;
        MLNetInternals.Use("ModelSaveContext.SetVersionInfo", () =>
        {
            Type type = MLNetInternals.Core.GetType("Microsoft.ML.VersionInfo", throwOnError: true)!;
            object[] arguments = [signature, version, version, version, loaderAssembly.GetName().Name!, loaderSignature, null!];
            object info = Activator.CreateInstance(type, Anyhow, null, arguments, null)!;
            MethodInfo set = typeof(ModelSaveContext).GetMethod("SetVersionInfo", Anyhow) ?? throw new MissingMethodException(nameof(ModelSaveContext), "SetVersionInfo");
            set.Invoke(context, Anyhow, null, [info], null);
        });
    }

    /// <summary>Writes an entry of its own beside Model.key; ML.NET streams it through a temporary file.</summary>
    internal void WriteEntry(string name, Action<Stream> write) =>
        MLNetInternals.Use("ModelSaveContext.SaveBinaryStream", () => SaveBinaryStream(context, name, writer => write(writer.BaseStream)));

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "Writer")]
    private static extern ref readonly BinaryWriter WriterOf(ModelSaveContext context);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "SaveBinaryStream")]
    private static extern void SaveBinaryStream(ModelSaveContext context, string name, Action<BinaryWriter> write);
}
