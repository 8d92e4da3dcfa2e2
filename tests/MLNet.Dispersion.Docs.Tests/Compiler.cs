using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MLNet.Dispersion.Docs.Tests;

/// <summary>Compiles a program as a new console project would that references the packages.</summary>
internal static class Compiler
{
    // What `dotnet new console` imports.
    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    private static readonly Lazy<MetadataReference[]> References = new(() => [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator)
        .Select(file => MetadataReference.CreateFromFile(file))]);

    /// <summary>The errors.</summary>
    internal static IReadOnlyList<string> Errors(Snippet snippet)
    {
        var options = new CSharpParseOptions(LanguageVersion.Latest);
        var shown = CSharpSyntaxTree.ParseText(snippet.Code, options).GetCompilationUnitRoot();
        // Usings come first, then what is given, then the statements and types as shown.
        string usings = string.Concat(shown.Usings.Select(directive => directive.ToFullString()));
        var given = CSharpSyntaxTree.ParseText(snippet.Given, options).GetCompilationUnitRoot();
        string Statements(CompilationUnitSyntax unit) => string.Concat(unit.Members.OfType<GlobalStatementSyntax>().Select(statement => statement.ToFullString()));
        string Types(CompilationUnitSyntax unit) => string.Concat(unit.Members.Where(member => member is not GlobalStatementSyntax).Select(member => member.ToFullString()));
        string program = usings + Statements(given) + "\n" + Statements(shown) + "\n" + Types(given) + "\n" + Types(shown);
        var compilation = CSharpCompilation.Create(
            "Snippet",
            [CSharpSyntaxTree.ParseText(ImplicitUsings, options), CSharpSyntaxTree.ParseText(program, options)],
            References.Value,
            new CSharpCompilationOptions(shown.Members.OfType<GlobalStatementSyntax>().Any() ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        return [.. compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString())];
    }
}
